//! The data folder is deleted under the running server.

use super::{Act, Done, named, server};
use crate::drill::site::Site;
use crate::step::quote;

/// The data folders of the servers on these hosts are emptied.
pub(super) struct DeleteData {
    pub hosts: Vec<String>,
}

impl Act for DeleteData {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!("the data folder of {} is deleted", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        None
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                server::find(site, host).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let server = server::find(site, host).await?;
                // The server goes on making files meanwhile. What is open stays open.
                let text = format!(
                    "data={}\nfor _ in 1 2 3; do find \"$data\" -xdev -mindepth 1 -delete 2>/dev/null && break; done; [ ! -e \"$data/global\" ]",
                    quote(&server.data)
                );
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, _site: &'a Site) -> Done<'a> {
        // The restore brings the data back, from the node that has it now.
        Box::pin(async { Ok(()) })
    }
}
