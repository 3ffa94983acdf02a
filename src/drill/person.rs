//! A person at the terminal, who pulls the plugs for which the inventory has no command.
//!
//! Whatever the person says, what counts is what is seen from here: a host without power is silent,
//! and one that has it again answers.

use super::door::Door;
use super::{Teller, Told};
use futures::future::join_all;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(250);
/// For how long a host must be silent: a packet may get lost, and be sent again after a second.
const SILENT: Duration = Duration::from_secs(2);

/// Who is asked, and how long they may take.
pub struct Person {
    patience: Duration,
    /// How often Enter was pressed.
    says: watch::Receiver<u64>,
    stop: watch::Receiver<u8>,
    teller: Teller,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// No host of them accepts a connection.
    Silence,
    /// Every sshd of them answers.
    Answer,
}

impl Person {
    /// A person who may take `patience` for each thing that is asked for; `says` counts how often
    /// Enter was pressed, `stop` how often Ctrl-C.
    pub fn new(patience: Duration, says: watch::Receiver<u64>, stop: watch::Receiver<u8>) -> Self {
        Self {
            patience,
            says,
            stop,
            teller: Teller::silent(),
        }
    }

    /// From now on it is told there what is waited for.
    pub fn told_by(&mut self, teller: &Teller) {
        self.teller = teller.clone();
    }

    /// How long one thing may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits until the sign is seen of all `hosts`. When the first of them gave it: for silence, the
    /// last moment at which it was still heard.
    pub async fn waited(&self, hosts: &[(&str, &Door)], sign: Sign) -> Result<Instant, String> {
        let begun = Instant::now();
        let end = begun + self.patience;
        let (mut says, mut stop) = (self.says.clone(), self.stop.clone());
        says.mark_unchanged();
        // What is broken is mended also when the drill is stopped: only who asks twice leaves it so.
        let enough = match sign {
            Sign::Silence => 1,
            Sign::Answer => 2,
        };
        let mut said = false;
        let mut heard = vec![begun; hosts.len()];
        loop {
            let asked = hosts.iter().map(|(_, door)| async {
                let at = Instant::now();
                match sign {
                    Sign::Silence => (at, door.accepts().await),
                    Sign::Answer => (at, door.greets().await),
                }
            });
            let answers = join_all(asked).await;
            for (last, (at, answered)) in heard.iter_mut().zip(&answers) {
                if *answered {
                    *last = *at;
                }
            }
            let lacks: Vec<String> = hosts
                .iter()
                .zip(heard.iter().zip(&answers))
                .filter(|(_, (last, (_, answered)))| match sign {
                    Sign::Silence => last.elapsed() < SILENT,
                    Sign::Answer => !answered,
                })
                .map(|((name, door), _)| format!("{name} ({door})"))
                .collect();
            if lacks.is_empty() {
                return Ok(heard.into_iter().min().unwrap_or(begun));
            }
            let lacks = lacks.join(", ");
            self.teller.tell(Told::Doing(waiting(
                sign,
                &lacks,
                said,
                begun.elapsed(),
                self.patience,
            )));
            tokio::select! {
                () = sleep(PAUSE) => {}
                Ok(()) = says.changed() => said = true,
                Ok(_) = stop.wait_for(|asked| *asked >= enough) => return Err(format!("interrupted, while {}", still(sign, &lacks))),
                () = sleep_until(end) => {
                    let limit = self.patience.as_secs();
                    return Err(format!("{} after {limit} s; --patience gives more time", still(sign, &lacks)));
                }
            }
        }
    }
}

fn still(sign: Sign, lacks: &str) -> String {
    match sign {
        Sign::Silence => format!("{lacks} still answers"),
        Sign::Answer => format!("{lacks} does not answer"),
    }
}

/// What is waited for, and since when.
fn waiting(sign: Sign, lacks: &str, said: bool, since: Duration, patience: Duration) -> String {
    let clock = |time: Duration| format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60);
    let time = format!("{} of {}", clock(since), clock(patience));
    match (said, sign) {
        (false, Sign::Silence) => format!("{time}, until nothing is heard of {lacks}"),
        (false, Sign::Answer) => format!("{time}, until sshd answers on {lacks}"),
        (true, Sign::Silence) => format!("{time}, but {lacks} still answers: the right plug?"),
        (true, Sign::Answer) => format!("{time}, but no sshd answers yet on {lacks}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    struct Attended {
        person: Person,
        enter: watch::Sender<u64>,
        stop: watch::Sender<u8>,
        told: tokio::sync::mpsc::Receiver<Told>,
    }

    fn person(patience: Duration) -> Attended {
        let ((enter, says), (stop, stops)) = (watch::channel(0), watch::channel(0));
        let mut person = Person::new(patience, says, stops);
        let (teller, told) = Teller::open();
        person.told_by(&teller);
        Attended {
            person,
            enter,
            stop,
            told,
        }
    }

    fn door(port: u16) -> Door {
        let text = |name: &str| {
            Ok(match name {
                "ansible_host" => Some("127.0.0.1".to_owned()),
                _ => Some(port.to_string()),
            })
        };
        Door::of("board", text).unwrap()
    }

    async fn greet(listener: TcpListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"SSH-2.0-x\r\n").await;
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_is_seen_counts_and_not_what_is_said() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (door, mut all) = (door(port), person(LONG));
        let serving = tokio::spawn(greet(listener));
        let hosts = [("board", &door)];
        let pulled = async {
            all.enter.send_replace(1);
            let told = async {
                loop {
                    if let Some(Told::Doing(words)) = all.told.recv().await
                        && words.contains("still answers: the right plug?")
                    {
                        return Instant::now();
                    }
                }
            };
            let at = told.await;
            serving.abort();
            let _ = serving.await;
            (at, Instant::now())
        };
        let (seen, (before, after)) =
            tokio::join!(all.person.waited(&hosts, Sign::Silence), pulled);
        let seen = seen.unwrap();
        assert!(seen <= after && seen + Duration::from_secs(2) > before);

        let plugged = async {
            sleep(Duration::from_millis(400)).await;
            let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(greet(listener));
        };
        let (answered, ()) = tokio::join!(all.person.waited(&hosts, Sign::Answer), plugged);
        answered.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = door(listener.local_addr().unwrap().port());
        let hosts = [("board", &door)];
        let all = person(Duration::from_millis(300));
        let late = all.person.waited(&hosts, Sign::Silence).await.unwrap_err();
        assert!(
            late.ends_with("still answers after 0 s; --patience gives more time"),
            "{late}"
        );

        let all = person(LONG);
        let stopped = async {
            sleep(Duration::from_millis(300)).await;
            all.stop.send_replace(1);
        };
        let (ended, ()) = tokio::join!(all.person.waited(&hosts, Sign::Silence), stopped);
        assert!(ended.unwrap_err().starts_with("interrupted, while board"));
        // While what is broken is mended, the first Ctrl-C does not count.
        drop(listener);
        let again = tokio::time::timeout(
            Duration::from_millis(600),
            all.person.waited(&hosts, Sign::Answer),
        );
        assert!(again.await.is_err(), "it did not wait");
    }
}
