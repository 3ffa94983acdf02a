//! One run at a time on a machine: the lock that a run holds, and who has it.

use super::RemoteError;
use super::shell::Shell;
use crate::step::quote;
use std::time::Duration;
use tokio::task::AbortHandle;

/// How often the holder shows that it lives.
const BEAT: Duration = Duration::from_secs(20);

/// What came of asking for a machine's lock.
pub enum Turn {
    /// It is ours, until this is dropped or the connection ends.
    Ours(Hold),
    /// Another run has it; its own words say who that is.
    HeldBy(String),
}

/// A machine's lock. Dropping it gives it back.
pub struct Hold {
    beating: Option<AbortHandle>,
}

impl Hold {
    /// A hold on nothing, for hosts that nobody else can reach.
    pub fn free() -> Self {
        Self { beating: None }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(beating) = &self.beating {
            beating.abort();
        }
    }
}

/// Holds the lock as long as its stdin stays open and a line comes each minute: a controller whose
/// power went away never closes anything. The lock file belongs to whoever came first and is only
/// read by the others, and each user's words are a file of their own: in a folder that all may
/// write to, one must not write to a file that somebody else may have laid there.
const BODY: &str = r#"
command -v flock >/dev/null || { echo none; exit; }
for folder in /run/lock /var/lock /tmp; do
    lock=$folder/trueup.lock
    [ -e $lock ] || (umask 0; set -C; : >$lock) 2>/dev/null
    [ -r $lock ] && break
done
exec 9<$lock || exit
words=$lock.$(id -u)
if flock -n 9; then
    rm -f $words
    (umask 022; set -C; printf '%s\n' "$owner" >$words) 2>/dev/null
    echo ours
    watch=
    while read -r _x; do
        [ -z "$watch" ] || kill $watch
        (sleep 60; kill -s TERM 0) </dev/null >/dev/null 2>&1 9<&- &
        watch=$!
    done
    [ -z "$watch" ] || kill $watch
    rm -f $words
else
    last=$(ls -t $lock.* 2>/dev/null | head -n 1)
    read -r said 2>/dev/null <"$last" || said="somebody who did not say who"
    printf 'held %s\n' "$said"
fi
"#;

/// Asks for the lock in `shell`, which is used up by it.
pub(super) async fn ask(mut shell: Shell, host: &str, owner: &str) -> Result<Turn, RemoteError> {
    let owner = owner.replace('\n', " ");
    let line = shell
        .hold(&format!("owner={}\n{BODY}", quote(&owner)))
        .await?;
    match line.split_once(' ').unwrap_or((&line, "")) {
        ("ours", _) => {
            let beating = tokio::spawn(async move {
                while shell.say("\n").await.is_ok() {
                    tokio::time::sleep(BEAT).await;
                }
            });
            Ok(Turn::Ours(Hold {
                beating: Some(beating.abort_handle()),
            }))
        }
        ("held", who) => Ok(Turn::HeldBy(who.to_owned())),
        ("none", _) => Err(RemoteError::Lost(format!(
            "{host} has no flock, so that nothing keeps two runs apart there: install util-linux or busybox"
        ))),
        _ => Err(RemoteError::Lost(format!(
            "the lock of {host} can't be asked for: {line}"
        ))),
    }
}
