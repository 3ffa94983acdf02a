//! One run at a time on a machine. Who works there, and what runs there, is written down on the
//! machine itself, so that a step that outlives its controller still keeps the next run off. The
//! folder is one where nobody else can write: `/run/trueup` of root, or `.trueup` in the login user's
//! home, which several machines may share; so the boot's id is part of a record's name.
//!
//! A record counts as long as its process lives, known by its number and the moment of its birth.
//! That of a run lives with its connection, and must be renewed besides: a controller whose power
//! went away never closes anything. That of a step lives with the shell that runs it, not with what
//! the step left behind in the background. All that is decided is decided under `flock` of one file,
//! which nobody holds for longer than that. It is always descriptor 0, since ksh hides others from
//! the programs that it starts.

use super::hearing::Ending;
use super::pool::Pool;
use super::{Become, RemoteError, frame};
use crate::step::{Output, Script, quote};
use std::fmt::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

/// How often a run shows that it lives. The host believes for 60 s that it does.
const BEAT: Duration = Duration::from_secs(20);
/// How long the host may take to answer; it looks at a few small files.
const LIMIT: Duration = Duration::from_secs(30);
/// How much of anybody's words is passed on.
const WORDS: usize = 200;

/// What came of asking for a machine's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is ours, until the connection is closed.
    Ours,
    /// Another run has it; its own words say who that is.
    Run(String),
    /// A step of a run that is gone still runs; these words say which, since when, and whose it is.
    Step(String),
}

/// Reads records, and tells which of them still stand.
const RECORDS: &str = r#"
born() {
    began=
    { read -r stat </proc/$1/stat; } 2>/dev/null || return
    set -- ${stat##*")"}
    [ $# -gt 19 ] || return
    case $1 in Z|X) return 1;; esac
    shift 19
    began=$1
}
alive() { [ -n "$2" ] && { [ "$2" = - ] || { born "$1" && [ "$began" = "$2" ]; }; }; }
stands() {
    pid= since= fresh= peer= peer_since= whose= owner= what=
    { read -r pid since fresh peer peer_since; read -r whose owner; read -r what; } <"$1"
    alive "$pid" "$since" || return
    case $1 in run.*) [ $((now - ${fresh:-0})) -le 60 ];; esac
}
boot=- now=0
{ read -r boot </proc/sys/kernel/random/boot_id; read -r now x </proc/uptime; } 2>/dev/null
boot=${boot%%-*} now=${now%.*}
umask 077
"#;

/// Finds the folder and, if nothing stands in the way, writes down that we work here. A place is
/// fit if it is ours and nobody else can write there, so nothing can be laid there beforehand. The
/// connection's own process is only believed in if it looks like one: behind a forced command it
/// is a shell that may end before the connection does.
const TAKE: &str = r#"
only_ours() {
    [ -O "$1" ] || return
    case $(stat -L -c %a "$1") in *[2367]|*[2367]?) return 1;; esac
}
if [ -O / ]; then name=trueup; set -- /run /var/run /root
else name=.trueup; set -- "$HOME" "/run/user/$(id -u)"; fi
found=
for parent in "$@"; do
    only_ours "$parent" || continue
    folder=$parent/$name
    [ -d "$folder" ] || mkdir "$folder" 2>/dev/null
    if [ -d "$folder" ] && ! [ -L "$folder" ] && only_ours "$folder"; then found=yes; break; fi
    if [ -e "$folder" ] || [ -L "$folder" ]; then echo "strange $folder"; exit; fi
done
[ -n "$found" ] || { echo "nowhere $*"; exit; }
command -v flock >/dev/null || { echo none; exit; }
cd "$folder" && : >>lock || exit
(
    flock 0 || exit
    # A step writes its record down before it looks whether its run's still stands. So those of runs go
    # first here, and only then it is seen which steps there are.
    for record in "run.$boot."*; do
        [ -f "$record" ] || continue
        stands "$record" || { rm -f "$record"; continue; }
        [ "$whose $owner" = "$us" ] || { echo "run $owner"; exit; }
    done
    for record in "step.$boot."*; do
        [ -f "$record" ] || continue
        stands "$record" || { rm -f "$record"; continue; }
        [ "$whose $owner" = "$us" ] && alive "$peer" "$peer_since" && continue
        echo "step $what; $owner"
        exit
    done
    born "$connection"
    case $stat in *"(sshd"*|*"(dropbear"*) ;; *) began=;; esac
    { echo "$connection ${began:--} $now"; echo "$us"; } >"run.$boot.$connection" || exit
    echo "ours $boot ${began:--} $folder"
) <lock
"#;

/// Renews our record, and removes those of steps that are over.
const RENEW: &str = r#"
(
    flock 0 || exit
    [ -f "run.$boot.$connection" ] || exit
    { echo "$connection $birth $now"; echo "$us"; } >"run.$boot.$connection"
    for record in "step.$boot."*; do
        [ -f "$record" ] && ! stands "$record" && rm -f "$record"
    done
) <lock
"#;

/// The locks of one machine that a connection holds: the login user's, and root's once it acts as
/// root. Always in this order, so that no two runs wait for each other.
pub(super) struct Turns {
    /// The process that serves the connection there.
    connection: u32,
    held: Mutex<Vec<Held>>,
}

/// A lock that is held.
struct Held {
    keeper: Become,
    owner: String,
    boot: String,
    birth: String,
    folder: String,
    beating: AbortHandle,
}

/// What came of asking for one lock.
enum Taken {
    /// It is ours.
    Ours(Held),
    /// It is not, and this says whose it is.
    Not(Turn),
    /// This user has no place where a lock could be.
    Nowhere(RemoteError),
}

/// Where it is told on the host what a step does.
pub(super) enum Note {
    /// By the step itself, as the first that it does.
    Within(String),
    /// By another user, before the step begins: the step's own may not write there.
    Before(Become, Script),
}

impl Turns {
    /// No lock yet. `connection` is the process that serves the connection on the host.
    pub fn new(connection: u32) -> Self {
        Self {
            connection,
            held: Mutex::default(),
        }
    }

    /// Takes those locks that acting as `who` needs and that are not held yet.
    pub async fn take(
        &self,
        pool: &Arc<Pool>,
        who: &Become,
        owner: &str,
    ) -> Result<Turn, RemoteError> {
        let login = Become::default();
        let root = pool.owner(who).is_some_and(|user| user == "root");
        let mut held = self.held.lock().await;
        let has = |held: &[Held], keeper: &Become| {
            let user = pool.owner(keeper);
            held.iter().any(|held| pool.owner(&held.keeper) == user)
        };
        let wants_root = root && !has(&held, who);
        if !has(&held, &login) {
            // sudo takes its time, so root's shell opens while the first lock is asked for.
            let early = async {
                if wants_root {
                    let shell = pool.take(who).await?;
                    pool.give_back(who, shell);
                }
                Ok(())
            };
            let (taken, opened) = tokio::join!(self.take_one(pool, &login, owner), early);
            match taken? {
                Taken::Ours(ours) => held.push(ours),
                Taken::Not(turn) => return Ok(turn),
                // root's lock is the one that counts then.
                Taken::Nowhere(_) if root => {}
                Taken::Nowhere(refused) => return Err(refused),
            }
            opened?;
        }
        if wants_root {
            match self.take_one(pool, who, owner).await? {
                Taken::Ours(ours) => held.push(ours),
                Taken::Not(turn) => return Ok(turn),
                Taken::Nowhere(refused) => return Err(refused),
            }
        }
        Ok(Turn::Ours)
    }

    async fn take_one(
        &self,
        pool: &Arc<Pool>,
        keeper: &Become,
        owner: &str,
    ) -> Result<Taken, RemoteError> {
        let owner = plain(owner);
        let text = format!("{}{RECORDS}{TAKE}", self.ours(&owner));
        let answer = ask(pool, keeper, &text).await?;
        let said = answer.out();
        let (word, rest) = said
            .trim_end()
            .split_once(' ')
            .unwrap_or((said.trim_end(), ""));
        Ok(match word {
            "ours" => {
                let (boot, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let (birth, folder) = rest.split_once(' ').unwrap_or((rest, ""));
                let beat = self.renewal(&owner, birth, folder);
                Taken::Ours(Held {
                    keeper: keeper.clone(),
                    owner,
                    boot: boot.to_owned(),
                    birth: birth.to_owned(),
                    folder: folder.to_owned(),
                    beating: keep_fresh(pool, keeper, beat),
                })
            }
            "run" => Taken::Not(Turn::Run(plain(rest))),
            "step" => Taken::Not(Turn::Step(plain(rest))),
            "nowhere" => Taken::Nowhere(refused(pool.name(), word, rest, &answer)),
            _ => return Err(refused(pool.name(), word, rest, &answer)),
        })
    }

    /// How it is told that a step of `who` begins, in the process group `group`; nothing where no
    /// lock is held.
    pub async fn note(&self, pool: &Pool, who: &Become, what: &str, group: u32) -> Option<Note> {
        let held = self.held.lock().await;
        let own = held
            .iter()
            .find(|held| pool.owner(&held.keeper) == pool.owner(who));
        if let Some(own) = own {
            return Some(Note::Within(self.record(own, what, "$$")));
        }
        let keeper = held.last()?;
        let text = self.record(keeper, what, &group.to_string());
        Some(Note::Before(keeper.keeper.clone(), Script::new(text)))
    }

    /// Gives all back.
    pub async fn give_back(&self, pool: &Pool) {
        let held: Vec<Held> = self.held.lock().await.drain(..).collect();
        let given = held.iter().map(|held| async {
            held.beating.abort();
            let text = format!("rm -f {}", quote(&self.record_of_run(held)));
            // Where that can't be said any more, the record ends with the connection.
            let _ = ask(pool, &held.keeper, &text).await;
        });
        futures::future::join_all(given).await;
    }

    fn ours(&self, owner: &str) -> String {
        let us = quote(&format!("{} {owner}", run_mark()));
        format!("us={us} connection={}\n", self.connection)
    }

    fn renewal(&self, owner: &str, birth: &str, folder: &str) -> String {
        let (birth, folder) = (quote(birth), quote(folder));
        let ours = self.ours(owner);
        format!("{ours}birth={birth}\ncd {folder} || exit\n{RECORDS}{RENEW}")
    }

    fn record_of_run(&self, held: &Held) -> String {
        format!("{}/run.{}.{}", held.folder, held.boot, self.connection)
    }

    /// One line, so that what the step's own text complains of keeps its line's number, and nothing
    /// in it that is no builtin. It stops a run that was silent for so long that another took its
    /// place.
    fn record(&self, held: &Held, what: &str, pid: &str) -> String {
        let step = format!("{}/step.{}.", quote(&held.folder), held.boot);
        let run = quote(&self.record_of_run(held));
        let (connection, birth) = (self.connection, &held.birth);
        let whose = quote(&format!("{} {}", run_mark(), held.owner));
        let what = match what {
            "" => "a step that tells no words".to_owned(),
            what => plain(what),
        };
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        let what = quote(&format!("{what}, since {now}"));
        format!(
            "{{ read -r s </proc/{pid}/stat&&set -- ${{s##*\")\"}}&&shift 19&&\
             {{ echo \"{pid} $1 0 {connection} {birth}\";echo {whose};echo {what};}} >{step}{pid}&&\
             set --&&[ -f {run} ];}}||{{ rm -f {step}{pid};echo \"nothing was done: this machine is no \
             longer held by this run, which was silent for too long\" >&2;exit 125;}};"
        )
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        for held in self.held.get_mut().iter() {
            held.beating.abort();
        }
    }
}

fn keep_fresh(pool: &Arc<Pool>, keeper: &Become, beat: String) -> AbortHandle {
    let (pool, keeper) = (Arc::clone(pool), keeper.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(BEAT).await;
            if let Err(error) = ask(&pool, &keeper, &beat).await {
                tracing::debug!(host = pool.name(), %error, "the machine's lock is not renewed");
            }
        }
    })
    .abort_handle()
}

async fn ask(pool: &Pool, who: &Become, text: &str) -> Result<Output, RemoteError> {
    let mut shell = pool.take(who).await?;
    match shell.ask(&[Script::new(text)], LIMIT).await?.pop() {
        Some(Ending::Answered(output)) => {
            pool.give_back(who, shell);
            Ok(output)
        }
        _ => Err(pool.lost("its lock is not answered for")),
    }
}

/// Why there is no lock, and what to do.
fn refused(host: &str, word: &str, rest: &str, answer: &Output) -> RemoteError {
    let rest = plain(rest);
    RemoteError::Lock(match word {
        "none" => format!(
            "{host} has no flock, so that nothing keeps two runs apart there: install util-linux or busybox"
        ),
        "strange" => format!(
            "{rest} on {host} is where runs keep off each other, but it is no folder that only its \
             user can write to: see who made it so, and remove it"
        ),
        "nowhere" => format!(
            "{host} has no folder that only its user can write to, so that nothing keeps two runs \
             apart there: it must own one of {rest}, and nobody else may write to that"
        ),
        _ => {
            let said = plain(&format!("{} {}", answer.err(), answer.out()));
            format!("the lock of {host} can't be asked for: {said}")
        }
    })
}

/// What tells this process from all others, wherever they run.
fn run_mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| {
        let random = frame::mark().unwrap_or_default();
        format!(
            "{}{}",
            random.trim_start_matches("~trueup:"),
            std::process::id()
        )
    })
}

/// Words in one line that steers no terminal, short enough to be read, and in which no shell's
/// `echo` finds anything to interpret.
fn plain(words: &str) -> String {
    let mut line = String::new();
    for word in words.split(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        if !word.is_empty() {
            // Writing to a String can't fail.
            let _ = write!(line, "{}{word}", if line.is_empty() { "" } else { " " });
        }
    }
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
