//! A script that goes on on the host when the connection is gone: how it is started, where what it says
//! is kept, and when it is ended.

use super::{Script, quote};
use std::time::Duration;

/// Shell text that goes into the folder of the user's jobs, or fails, and leaves its name in `$d`.
/// What another user could write to is refused.
pub const JOBS: &str = r#"d=${ANSIBLE_ASYNC_DIR:-$HOME/.ansible_async}
case $d in "~/"*) d=$HOME/${d#"~/"} ;; esac
"#;

/// That this folder is the user's, and nobody else may write to it.
const OWN: &str = r#"[ -O . ] || { echo "$d belongs to another user: jobs are not kept there" >&2; exit 1; }
case $(ls -ldn .) in
d????-??-*) ;;
*) echo "$d can be written to by others: jobs are not kept there; chmod go-w it" >&2; exit 1 ;;
esac
"#;

/// What starts the job, waits for its end, and writes down how it ended.
const RUN: &str = r#"trap '' HUP
exec 3<in && rm -f in
clock() { date '+%s %Y-%m-%d %H:%M:%S'; }
clock >begun
setsid sh ./job "$1" "$2" <&3 3<&- >out 2>err &
p=$!
setsid sh -c 'sleep "$1"; : >late; kill -s TERM -- "-$2"; sleep 5; kill -s KILL -- "-$2"' sh "$3" "$p" </dev/null 3<&- >/dev/null 2>&1 &
w=$!
wait "$p"
s=$?
kill -s KILL -- "-$w" 2>/dev/null
clock >ended
echo "$s" >status.new && mv status.new status
"#;

/// A job that is to be started.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub jid: String,
    /// How long it may run.
    pub limit: Duration,
    /// What is known of its result: a JSON document in one line.
    pub known: String,
}

impl Job {
    /// The script that starts `work` and ends at once; it prints the path of the job's folder.
    pub fn start(&self, work: &Script) -> Script {
        let (jid, end) = (&self.jid, format!("END_OF_{}", self.jid.replace('.', "_")));
        let seconds = self.limit.as_secs().max(1);
        let text = format!(
            "{JOBS}command -v setsid >/dev/null 2>&1 || {{ echo 'setsid is not on this host: install util-linux first' >&2; exit 1; }}\n\
             h=$PWD u=$(umask)\numask 077\n[ -d \"$d\" ] || mkdir -p -- \"$d\" || exit\ncd -P -- \"$d\" || exit\n{OWN}\
             mkdir {jid} && cd {jid} || exit\ncat >in || exit\n\
             cat >known <<'{end}'\n{known}\n{end}\n\
             cat >job <<'{end}'\ncd \"$1\" || exit\numask \"$2\"\nset --\n{text}\n{end}\n\
             cat >run <<'{end}'\n{RUN}{end}\n\
             setsid sh ./run \"$h\" \"$u\" {seconds} </dev/null >/dev/null 2>&1 &\npwd\n",
            jid = quote(jid),
            known = self.known,
            text = work.text,
        );
        Script::new(text).stdin(work.stdin.clone())
    }
}

/// The scripts as one, which stops where one of them fails; `None` where they can't go on alone.
pub fn together(scripts: &[&Script]) -> Option<Script> {
    let bound =
        |script: &&Script| script.lock.is_some() || script.unkillable || script.reopens_shells;
    let fed = scripts
        .iter()
        .filter(|script| !script.stdin.is_empty())
        .count();
    if scripts.is_empty() || fed > 1 || scripts.iter().any(bound) {
        return None;
    }
    let mut whole = Script::default();
    for script in scripts {
        let fed = if script.stdin.is_empty() {
            " </dev/null"
        } else {
            ""
        };
        whole
            .text
            .push_str(&format!("(\n{}\n){fed} || exit\n", script.text));
        whole.stdin.extend_from_slice(&script.stdin);
    }
    Some(whole)
}
