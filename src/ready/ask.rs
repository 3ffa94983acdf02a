//! Asks the hosts, all at once.

use super::status::{Clock, Host, Reached, Seen, Sudo, Survey, System, VERSION, Why, ports};
use super::{HostSpec, Need};
use crate::facts::{
    Ask, ClockKeeper, DiskFree, Listener, Listeners, MaySudo, Question, Sudo as AskSudo,
    System as AskSystem, Time,
};
use crate::remote::{self, Become, Remote, RemoteError, Target};
use crate::step::{Output, Script};
use futures::stream::{self, StreamExt as _};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};

/// How many hosts are asked at once.
const AT_ONCE: usize = 64;
/// How long a connection may take, where nobody says.
const CONNECT: Duration = Duration::from_secs(5);
/// How many times that the login may take besides: hosts that ask a directory or a name server are slow.
const LOGIN: u32 = 3;
/// How long a question may take. sudo on a host whose own name can't be resolved takes its time.
const ANSWER: Duration = Duration::from_secs(15);
/// Where there must be room.
const FOLDERS: [&str; 2] = ["/", "/var/lib"];

/// What every host answers now. One that does not answer is data.
pub async fn survey(hosts: &[HostSpec]) -> Survey {
    let asked = stream::iter(hosts).map(host).buffered(AT_ONCE);
    Survey {
        version: VERSION,
        hosts: asked.collect().await,
    }
}

async fn host(spec: &HostSpec) -> Host {
    let seen = match reached(spec).await {
        Ok(reached) => Seen::Reached(Box::new(reached)),
        Err(error) => Seen::Unreachable {
            kind: match error {
                RemoteError::Connect { .. } => Why::NoConnection,
                RemoteError::HostKey(_) => Why::HostKey,
                RemoteError::Auth(_) => Why::Login,
                _ => Why::Lost,
            },
            why: error.to_string(),
        },
    };
    Host {
        name: spec.name.clone(),
        // What can't be told of it was told by the attempt to go there.
        address: remote::address(&spec.target).ok().flatten(),
        seen,
    }
}

async fn reached(spec: &HostSpec) -> Result<Reached, RemoteError> {
    let limit = spec.target.connect_limit.unwrap_or(CONNECT);
    let target = Target {
        connect_limit: Some(limit),
        ..spec.target.clone()
    };
    let begun = Instant::now();
    let connected = timeout(limit * LOGIN, remote::connect(&target)).await;
    let remote = connected.unwrap_or_else(|_| {
        let seconds = (limit * LOGIN).as_secs();
        Err(RemoteError::Lost(format!(
            "{}: it takes the connection, but nobody is logged in within {seconds} s: is it busy, or does its sshd wait for a name server (UseDNS)?",
            spec.name
        )))
    })?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let answered = answers(&*remote, spec).await;
    remote.close().await;
    answered.map(|reached| Reached {
        milliseconds,
        ..reached
    })
}

async fn answers(remote: &dyn Remote, spec: &HostSpec) -> Result<Reached, RemoteError> {
    let login = Become::default();
    let mut unread = Vec::new();
    // By itself, since its time on the way is what the offset can be wrong by.
    let before = SystemTime::now();
    let time = one(remote, &login, &Time).await?;
    let after = SystemTime::now();

    let disks = DiskFree {
        folders: FOLDERS.map(str::to_owned).to_vec(),
    };
    let system = AskSystem { network: false };
    let scripts = [
        script(&system),
        script(&disks),
        script(&ClockKeeper),
        script(&AskSudo),
    ];
    let mut outputs = remote.ask(&login, &scripts).await?.into_iter();
    let mut next = || outputs.next().unwrap_or_default();
    let said = read(&system, &next(), &mut unread);
    let disks = read(&disks, &next(), &mut unread).unwrap_or_default();
    let kept = read(&ClockKeeper, &next(), &mut unread).unwrap_or_default();
    let may = read(&AskSudo, &next(), &mut unread);
    let time = read(&Time, &time, &mut unread);

    let (sudo, listeners) = match may {
        Some(may) => as_root(remote, spec, may, &mut unread).await?,
        None => (
            None,
            listeners(remote, &login, &spec.needs, &mut unread).await?,
        ),
    };
    let user = said.as_ref().map(|said| said.text("user").to_owned());
    Ok(Reached {
        milliseconds: 0,
        user: user.and_then(|line| Some(line.split(':').next()?.to_owned())),
        sudo,
        system: said.as_ref().map(System::of),
        clock: time.and_then(|said| {
            let (offset_seconds, error_seconds) = offset(before, after, said.time, said.grain)?;
            Some(Clock {
                offset_seconds,
                error_seconds,
                kept_by: kept.by,
                synchronised: kept.synchronised,
            })
        }),
        disks: disks.into_iter().map(Into::into).collect(),
        ports: ports(&spec.needs, &listeners),
        unread,
        machine: remote.machine().to_owned(),
    })
}

/// Becomes root, as sudo lets us, and asks what only root is told.
async fn as_root(
    remote: &dyn Remote,
    spec: &HostSpec,
    may: MaySudo,
    unread: &mut Vec<String>,
) -> Result<(Option<Sudo>, Vec<Listener>), RemoteError> {
    let root = |password| Become {
        user: Some("root".to_owned()),
        password,
    };
    let (well, who) = match may {
        MaySudo::Root => (Sudo::Root, root(None)),
        MaySudo::Freely => (Sudo::Free, root(None)),
        MaySudo::WithPassword { usual } => match &spec.password {
            Some(password) => (Sudo::PasswordTaken, root(Some(password.clone()))),
            None => (
                Sudo::PasswordWanted { usual_group: usual },
                Become::default(),
            ),
        },
        MaySudo::NoSudo => (Sudo::Missing, Become::default()),
        MaySudo::Refused(why) => (Sudo::Refused { why }, Become::default()),
    };
    match listeners(remote, &who, &spec.needs, unread).await {
        Err(RemoteError::Become(why)) => {
            let found = listeners(remote, &Become::default(), &spec.needs, unread).await?;
            Ok((Some(Sudo::Refused { why }), found))
        }
        found => Ok((Some(well), found?)),
    }
}

/// Asks who listens; where no port is needed, that user's shell is opened all the same.
async fn listeners(
    remote: &dyn Remote,
    who: &Become,
    needs: &[Need],
    unread: &mut Vec<String>,
) -> Result<Vec<Listener>, RemoteError> {
    if needs.is_empty() {
        remote.ask(who, &[Script::new(":")]).await?;
        return Ok(Vec::new());
    }
    let output = one(remote, who, &Listeners).await?;
    Ok(read(&Listeners, &output, unread).unwrap_or_default())
}

async fn one(
    remote: &dyn Remote,
    who: &Become,
    question: &impl Question,
) -> Result<Output, RemoteError> {
    let answered = remote.ask(who, &[script(question)]).await?;
    Ok(answered.into_iter().next().unwrap_or_default())
}

/// The shell text of a question; those that are asked here have one.
fn script(question: &impl Question) -> Script {
    match question.ask() {
        Ask::Shell { script, .. } => Script {
            limit: Some(ANSWER),
            ..script
        },
        Ask::Connect { .. } | Ask::Request(_) => Script::default(),
    }
}

fn read<Q: Question>(question: &Q, output: &Output, unread: &mut Vec<String>) -> Option<Q::Answer> {
    match question.read(output) {
        Ok(answer) => Some(answer),
        Err(error) => {
            unread.push(error.to_string());
            None
        }
    }
}

/// By how much a clock is before ours, and how far off that may be, when it said `time` at some
/// moment between `before` and `after`.
fn offset(
    before: SystemTime,
    after: SystemTime,
    time: Duration,
    grain: Duration,
) -> Option<(f64, f64)> {
    let ours = before.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let way = after.duration_since(before).ok()?.as_secs_f64() / 2.0;
    let coarse = grain.as_secs_f64() / 2.0;
    let theirs = time.as_secs_f64() + coarse;
    Some((theirs - (ours.as_secs_f64() + way), way + coarse))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::Shell;
    use futures::executor::block_on;
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn half_of_the_way_is_what_the_offset_can_be_wrong_by() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let fine = offset(at(100), at(102), Duration::from_secs(104), Duration::ZERO);
        assert_eq!(fine, Some((3.0, 1.0)));
        let second = Duration::from_secs(1);
        let coarse = offset(at(100), at(102), Duration::from_secs(100), second);
        assert_eq!(coarse, Some((-0.5, 1.5)));
        assert_eq!(offset(at(2), at(1), second, second), None);
    }

    #[test]
    fn every_shell_says_what_this_machine_is_without_asking_the_network() {
        let question = AskSystem { network: false };
        assert!(!script(&question).text.contains("getent"));
        for shell in Shell::all() {
            let said = block_on(shell.look().fact(question)).unwrap();
            let system = System::of(&said);
            assert_eq!(system.architecture, std::env::consts::ARCH, "{shell:?}");
            assert!(system.memory_mib >= system.memory_free_mib && system.processors > 0);
        }
    }
    #[test]
    fn every_shell_tells_the_time_of_this_machine() {
        let now = || {
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
        };
        for shell in Shell::all() {
            let before = now();
            let said = block_on(shell.look().fact(Time)).unwrap();
            assert!(
                said.time + said.grain >= before && said.time <= now(),
                "{shell:?}: {said:?}"
            );
        }
    }

    #[test]
    fn every_shell_can_be_asked_who_keeps_the_clock() {
        for shell in Shell::all() {
            let asked = shell.run(&script(&ClockKeeper));
            assert!(
                asked.ok() && asked.stderr.is_empty(),
                "{shell:?}: {asked:?}"
            );
        }
    }

    #[test]
    fn every_shell_finds_the_port_of_this_very_process() {
        let (four, six) = (
            TcpListener::bind("127.0.0.1:0"),
            TcpListener::bind("[::1]:0"),
        );
        let ports =
            [four.as_ref(), six.as_ref()].map(|it| it.unwrap().local_addr().unwrap().port());
        let me = std::fs::read_to_string("/proc/self/comm").unwrap();
        for shell in Shell::all() {
            let found = block_on(shell.look().fact(Listeners)).unwrap();
            for port in ports {
                let listener = found.iter().find(|listener| listener.port == port);
                let listener = listener.unwrap_or_else(|| panic!("{shell:?}: {port} of {found:?}"));
                assert_eq!(listener.uid, rustix::process::getuid().as_raw());
                assert_eq!(listener.program.as_deref(), Some(me.trim()), "{shell:?}");
            }
        }
    }

    #[test]
    fn each_answer_of_sudo_is_told_apart_in_every_shell() {
        let folder = tempfile::tempdir().unwrap();
        let sudo = folder.path().join("sudo");
        let answers = [
            ("exit 0", MaySudo::Freely),
            (
                "echo 'sudo: a password is required' >&2; exit 1",
                MaySudo::WithPassword { usual: true },
            ),
            (
                "echo 'sudo: interactive authentication is required' >&2; exit 1",
                MaySudo::WithPassword { usual: true },
            ),
            (
                "echo 'lab is not allowed' >&2; exit 1",
                MaySudo::Refused("lab is not allowed".into()),
            ),
        ];
        let Ask::Shell { script, .. } = AskSudo.ask() else {
            panic!("a shell's question");
        };
        let stub = format!(
            "id() {{ echo users sudo; }}; PATH={}:$PATH; ",
            folder.path().display()
        );
        let script = Script::new(stub + &script.text);
        for (says, expected) in answers {
            std::fs::write(&sudo, format!("#!/bin/sh\n{says}\n")).unwrap();
            std::fs::set_permissions(&sudo, std::fs::Permissions::from_mode(0o755)).unwrap();
            for shell in Shell::all() {
                let found = AskSudo.read(&shell.run(&script)).unwrap();
                assert_eq!(found, expected, "{shell:?}");
            }
        }
    }

    #[test]
    fn every_shell_tells_the_room_of_folders_that_are_there() {
        let question = DiskFree {
            folders: vec!["/nonexistent".into(), "/".into(), "/proc".into()],
        };
        for shell in Shell::all() {
            let asked = shell.look();
            let found = block_on(asked.fact(question.clone())).unwrap();
            let root = found.iter().find(|disk| disk.folder == "/").unwrap();
            assert!(
                root.mount == "/" && root.total > root.free,
                "{shell:?}: {found:?}"
            );
            assert!(found.iter().all(|disk| disk.folder != "/nonexistent"));
        }
    }
}
