//! What the `patroni_*` modules share.

use crate::diag::Diag;

/// `timeout` where nobody says it.
pub fn ten() -> u64 {
    10
}

/// Refuses an address and a time limit that can't be meant.
pub fn check(url: &str, timeout: u64) -> Result<(), Diag> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Diag::error(format!(
            "`url` {url} begins with neither http:// nor https://"
        ))
        .help("give the REST API of a member: https://127.0.0.1:8008"));
    }
    if timeout == 0 {
        return Err(Diag::error("`timeout` is 0").help("give the seconds that it may take"));
    }
    Ok(())
}
