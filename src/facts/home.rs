//! Where a path that begins with `~` leads.

use super::{Ask, Foreseen, Look, ProbeError, Question};
use crate::step::Output;

struct Home {
    tilde: String,
}

impl Question for Home {
    type Answer = String;

    fn ask(&self) -> Ask {
        Ask::settled(format!("h={}\nprintf '%s\\n' \"$h\"", self.tilde))
    }

    fn read(&self, output: &Output) -> Result<String, ProbeError> {
        let home = output.out().trim_end_matches('\n').to_owned();
        if output.ok() && home.starts_with('/') {
            Ok(home)
        } else {
            Err(ProbeError::Failed(format!(
                "{} leads nowhere: there is no such user on the host",
                self.tilde
            )))
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.home(&self.tilde[1..], now)
    }
}

/// The path with a leading `~` or `~user` resolved on the host; others are taken as they are,
/// without a question.
pub async fn expand(look: &Look, path: &str) -> Result<String, ProbeError> {
    if !path.starts_with('~') {
        return Ok(path.to_owned());
    }
    let end = path.find('/').unwrap_or(path.len());
    let tilde = &path[..end];
    if !tilde[1..]
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    {
        return Ok(path.to_owned());
    }
    let home = look
        .fact(Home {
            tilde: tilde.to_owned(),
        })
        .await?;
    Ok(format!("{}{}", home.trim_end_matches('/'), &path[end..]))
}
