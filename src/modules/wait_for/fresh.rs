//! Questions about files that are asked anew each time, since something is waited for.

use crate::facts::{Ask, Bytes, Content, FileAt, Foreseen, Freshness, ProbeError, Question};
use crate::step::Output;

/// What stands at a path.
pub(super) struct FreshFile(pub(super) FileAt);

impl Question for FreshFile {
    type Answer = <FileAt as Question>::Answer;

    fn ask(&self) -> Ask {
        live(self.0.ask())
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        self.0.read(output)
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        live(self.0.ask_ahead(pending))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        self.0.foresee(now, pending)
    }
}

/// What a file holds.
pub(super) struct FreshContent(pub(super) Content);

impl Question for FreshContent {
    type Answer = Bytes;

    fn ask(&self) -> Ask {
        live(self.0.ask())
    }

    fn read(&self, output: &Output) -> Result<Bytes, ProbeError> {
        self.0.read(output)
    }

    fn ask_ahead(&self, pending: &Foreseen) -> Ask {
        live(self.0.ask_ahead(pending))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        self.0.foresee(now, pending)
    }
}

fn live(ask: Ask) -> Ask {
    match ask {
        Ask::Shell { script, slow, .. } => Ask::Shell {
            script,
            slow,
            freshness: Freshness::Live,
        },
        other @ (Ask::Connect { .. } | Ask::Request(_)) => other,
    }
}
