//! The desk that answers the probes of one host: what they ask while none of them can go on is
//! sent as one script, one round trip.

use super::machine::{Machine, Reach, lock};
use crate::facts::{Ask, Desk, Foreseen, Freshness, Look, ProbeError};
use crate::remote::http::Via;
use crate::remote::request::question;
use crate::remote::{Become, RemoteError};
use crate::step::{Output, Script};
use futures::future::{BoxFuture, join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;

type Answer = Result<Output, ProbeError>;
type Asked = (Ask, oneshot::Sender<Answer>);

/// Questions of one host and user that wait to be sent.
struct Queue {
    waiting: Mutex<Vec<Asked>>,
    foreseen: Mutex<Foreseen>,
    machine: Arc<Machine>,
}

impl Desk for Queue {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            let (tell, told) = oneshot::channel();
            lock(&self.waiting).push((ask, tell));
            told.await
                .unwrap_or_else(|_| Err(ProbeError::Failed("the question was dropped".into())))
        })
    }

    fn foreseen(&self) -> Option<Foreseen> {
        let foreseen = lock(&self.foreseen);
        (!foreseen.is_empty()).then(|| foreseen.clone())
    }

    fn learn(&self, links: Vec<(String, String)>) {
        lock(&self.foreseen).learn(links.clone());
        self.machine.learn(links);
    }
}

/// Who asks whom, and with which environment.
#[derive(Clone)]
pub struct Asker {
    /// The host.
    pub reach: Reach,
    /// The user.
    pub who: Become,
    /// `export` lines that stand before every question.
    pub environment: Arc<str>,
}

impl Asker {
    /// The name of the user.
    pub fn user(&self) -> &str {
        let login = || self.reach.remote.user();
        self.who.user.as_deref().unwrap_or_else(login)
    }

    /// In a dry run: whether a pending task makes the user.
    fn is_to_come(&self) -> bool {
        let foreseen = self.reach.machine.foreseen().seen_by(self.user());
        foreseen.makes_asker().is_some()
    }

    /// Runs probes together until all have ended. `probes` makes them from a look.
    pub async fn drive<'a, T: Send>(
        &self,
        probes: impl FnOnce(&Look) -> Vec<BoxFuture<'a, T>>,
    ) -> Vec<T> {
        let queue = Arc::new(Queue {
            waiting: Mutex::new(Vec::new()),
            foreseen: Mutex::new(self.reach.machine.foreseen().seen_by(self.user())),
            machine: Arc::clone(&self.reach.machine),
        });
        let look = Look::new(queue.clone());
        let mut all = pin!(join_all(probes(&look)));
        let mut sent = FuturesUnordered::new();
        loop {
            if let Poll::Ready(done) = futures::poll!(all.as_mut()) {
                return done;
            }
            let asked: Vec<Asked> = std::mem::take(&mut lock(&queue.waiting));
            let answered = !asked.is_empty();
            for errand in self.sort(asked) {
                sent.push(errand);
            }
            if answered && sent.is_empty() {
                // All was known: the probes go on, and may ask more.
                continue;
            }
            if sent.next().await.is_none() {
                // A probe awaits something else than its look: let it.
                return all.await;
            }
        }
    }

    /// Known answers are given at once; quick questions go together, slow ones and connections apart.
    fn sort(&self, asked: Vec<Asked>) -> Vec<BoxFuture<'_, ()>> {
        let mut together = Vec::new();
        let mut errands: Vec<BoxFuture<'_, ()>> = Vec::new();
        for (ask, tell) in asked {
            if let Some(known) = self.reach.machine.answer(&self.who, &ask) {
                // A probe that was dropped needs no answer.
                let _ = tell.send(Ok(known));
                continue;
            }
            match &ask {
                Ask::Shell { slow: false, .. } => together.push((ask, tell)),
                Ask::Shell { .. } => errands.push(Box::pin(self.shell(vec![(ask, tell)]))),
                Ask::Connect {
                    host,
                    port,
                    listen,
                    limit,
                } => {
                    let (host, port, listen, limit) = (host.clone(), *port, *listen, *limit);
                    errands.push(Box::pin(async move {
                        let _ = tell.send(self.connect(&host, port, listen, limit).await);
                    }));
                }
                Ask::Request(request) => {
                    let request = request.clone();
                    errands.push(Box::pin(async move {
                        let answer = question(Via::Host(&*self.reach.remote), &request).await;
                        let answer =
                            answer.map_err(|error| ProbeError::Unreachable(error.to_string()));
                        let _ = tell.send(answer);
                    }));
                }
            }
        }
        if !together.is_empty() {
            errands.push(Box::pin(self.shell(together)));
        }
        errands
    }

    async fn shell(&self, asked: Vec<Asked>) {
        let mut scripts: Vec<Script> = Vec::new();
        let mut place = Vec::new();
        for (ask, _) in &asked {
            let Ask::Shell { script, .. } = ask else {
                continue;
            };
            let mut script = script.clone();
            if !self.environment.is_empty() {
                script.text = format!("{}{}", self.environment, script.text);
            }
            // The same question asked twice at once is sent once.
            match scripts.iter().position(|known| *known == script) {
                Some(known) => place.push(known),
                None => {
                    place.push(scripts.len());
                    scripts.push(script);
                }
            }
        }
        let epoch = self.reach.machine.epoch();
        let mut answers = self.reach.remote.ask(&self.who, &scripts).await;
        if matches!(answers, Err(RemoteError::Become(_))) && self.is_to_come() {
            // Who will be there only then sees what any stranger does: nothing is theirs yet.
            let stranger = Become {
                user: Some("nobody".to_owned()),
                password: self.who.password.clone(),
            };
            answers = self.reach.remote.ask(&stranger, &scripts).await.or(answers);
        }
        for ((ask, tell), at) in asked.into_iter().zip(place) {
            let answer = match &answers {
                Ok(outputs) => outputs.get(at).cloned().ok_or_else(|| {
                    ProbeError::Failed("the host left a question unanswered".into())
                }),
                // The host is there, only this user is not (yet), or it talks without end.
                Err(RemoteError::Become(why) | RemoteError::TooMuch(why)) => {
                    Err(ProbeError::Failed(why.clone()))
                }
                Err(error) => Err(ProbeError::Unreachable(error.to_string())),
            };
            if let (
                Ok(output),
                Ask::Shell {
                    freshness: Freshness::Settled,
                    ..
                },
            ) = (&answer, &ask)
            {
                self.reach.machine.keep(epoch, &self.who, &ask, output);
            }
            let _ = tell.send(answer);
        }
    }

    async fn connect(&self, host: &str, port: u16, listen: bool, limit: Duration) -> Answer {
        let refused = |why: String| Output {
            status: 1,
            stderr: why.into_bytes(),
            ..Output::default()
        };
        match self.reach.remote.tunnel(host, port, limit).await {
            Ok(mut tunnel) => {
                let mut banner = vec![0; 4096];
                let mut length = 0;
                if listen {
                    let read = tokio::time::timeout(limit, tunnel.read(&mut banner));
                    length = read.await.ok().and_then(Result::ok).unwrap_or(0);
                }
                banner.truncate(length);
                Ok(Output {
                    status: 0,
                    stdout: banner,
                    ..Output::default()
                })
            }
            Err(RemoteError::Lost(why)) => Err(ProbeError::Unreachable(why)),
            Err(other) => Ok(refused(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::machine::Machine;
    use crate::facts::{Foreseen, Question};
    use crate::remote::{Target, connect};
    use crate::step::{Account, Effect};

    struct Says(&'static str);

    impl Question for Says {
        type Answer = String;
        fn ask(&self) -> Ask {
            Ask::settled(format!("printf %s {}", self.0))
        }
        fn read(&self, output: &Output) -> Result<String, ProbeError> {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }

        fn foresee(
            &self,
            now: Result<Self::Answer, ProbeError>,
            _: &Foreseen,
        ) -> Result<Self::Answer, ProbeError> {
            now
        }
    }

    async fn local(who: Become) -> Asker {
        let remote = connect(&Target {
            local: true,
            ..Target::default()
        })
        .await
        .unwrap();
        Asker {
            reach: Reach {
                remote: remote.into(),
                machine: Arc::new(Machine::default()),
                local: true,
            },
            who,
            environment: "".into(),
        }
    }

    #[tokio::test]
    async fn for_who_is_still_to_come_a_stranger_asks() {
        let who = Become {
            user: Some("to-come".to_owned()),
            password: None,
        };
        let asker = local(who).await;
        if asker.reach.remote.user() != "root" {
            // Others may not become somebody without a password.
            return;
        }
        let ask = || {
            asker.drive(|look| {
                let look = look.clone();
                let answer = async move { look.fact(Says("\"$(id -un)\"")).await };
                vec![Box::pin(answer) as BoxFuture<'_, Result<String, ProbeError>>]
            })
        };
        let refused = ask().await.remove(0).unwrap_err();
        assert!(refused.to_string().contains("to-come"), "{refused}");
        let new = Account {
            new: true,
            ..Account::default()
        };
        let comes = Effect::User("to-come".to_owned(), Some(new));
        asker
            .reach
            .machine
            .foresee("make them", "root", vec![comes]);
        assert_eq!(ask().await.remove(0).unwrap(), "nobody");
    }

    #[tokio::test]
    async fn a_probe_that_asks_on_after_a_known_answer_is_answered() {
        let asker = local(Become::default()).await;
        let ask = Says("known").ask();
        asker.reach.machine.keep(
            0,
            &asker.who,
            &ask,
            &Output {
                stdout: b"known".into(),
                ..Output::default()
            },
        );
        let both = asker.drive(|look| {
            let look = look.clone();
            vec![Box::pin(async move {
                let first = look.fact(Says("known")).await.unwrap();
                first + &look.fact(Says("asked")).await.unwrap()
            }) as BoxFuture<'_, String>]
        });
        let both = tokio::time::timeout(Duration::from_secs(10), both).await;
        assert_eq!(both.unwrap(), ["knownasked"]);
    }
}
