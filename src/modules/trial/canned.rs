//! Answers and a controller that a test makes up.

use crate::diag::Diag;
use crate::facts::{Ask, Desk, Look, ProbeError};
use crate::modules::{Controller, RenderOptions};
use crate::step::Output;
use futures::future::BoxFuture;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Canned answers: the first whose text the question holds.
pub struct Canned(pub Vec<(&'static str, Output)>);

impl Canned {
    /// Answers that only have a stdout.
    pub(super) fn of(answers: &[(&'static str, &str)]) -> Self {
        let answers = answers
            .iter()
            .map(|(part, said)| {
                (
                    *part,
                    Output {
                        stdout: said.as_bytes().to_vec(),
                        ..Output::default()
                    },
                )
            })
            .collect();
        Self(answers)
    }

    /// A look through answers that only have a stdout.
    pub fn look(answers: &[(&'static str, &str)]) -> Look {
        Look::new(Arc::new(Self::of(answers)))
    }
}

impl Desk for Canned {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
        let text = match &ask {
            Ask::Shell { script, .. } => script.text.clone(),
            Ask::Connect { host, port, .. } => format!("connect {host} {port}"),
            Ask::Request(request) => {
                let body = String::from_utf8_lossy(&request.body);
                format!("{} {} {body}", request.method, request.url)
            }
        };
        let found = self.0.iter().find(|(part, _)| text.contains(part));
        let answer = found.map(|(_, output)| {
            let mut output = output.clone();
            if text.contains("\necho //\n") {
                // No link is on any way.
                output.stdout.splice(..0, *b"//\n");
            }
            output
        });
        Box::pin(std::future::ready(answer.ok_or_else(|| {
            ProbeError::Failed(format!("no answer for: {text}"))
        })))
    }
}

/// A controller whose files all stand in one folder and whose templates are their own text.
pub struct Folder(pub PathBuf);

impl Controller for Folder {
    fn find(&self, _: &str, name: &str) -> Result<PathBuf, Diag> {
        let path = self.0.join(name);
        if path.exists() {
            Ok(path)
        } else {
            Err(Diag::error(format!("no file {name}")))
        }
    }

    fn render(&self, path: &Path, _: &RenderOptions) -> Result<String, Diag> {
        std::fs::read_to_string(path).map_err(|error| Diag::error(error.to_string()))
    }

    fn keeps(&self) -> bool {
        true
    }

    fn test(&self, _: &str, expression: &str) -> Result<bool, Diag> {
        match expression {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Diag::error(format!("no value for {expression}"))),
        }
    }

    fn evaluate(&self, _: &str, expression: &str) -> Result<serde_json::Value, Diag> {
        serde_json::from_str(expression).map_err(|error| Diag::error(error.to_string()))
    }
}
