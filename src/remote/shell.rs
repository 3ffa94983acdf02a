//! A shell on the host that takes one script after the other.

use super::frame::{self, Input};
use super::hearing::{Ending, Hearing, Wanted};
use super::privilege::{self, Login};
use super::wire::{Pipe, Refusal, Wire};
use super::{Become, Chunk, RemoteError};
use crate::step::{Script, end_of, size};
use futures::FutureExt;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How long a shell may take to greet: logins that ask a directory server are slow.
const GREETING_LIMIT: Duration = Duration::from_secs(30);
/// How much may be printed before the greeting, or in answer to a script that says one line.
const CHATTER: usize = 1 << 20;
/// How much of that is told.
const TOLD: usize = 2 << 10;
/// How much one answer may hold, and all answers of one round trip together: the largest file that
/// is ever asked for has 16 MiB.
const ANSWER: usize = 32 << 20;
const ANSWERS: usize = 4 * ANSWER;

/// Whose shell is opened, where.
pub(super) struct Door<'a> {
    /// The way there.
    pub wire: &'a dyn Wire,
    /// The host's name, for messages.
    pub host: &'a str,
    /// Who is logged in.
    pub login: &'a Login,
    /// Whom to become.
    pub who: &'a Become,
}

/// A shell that was started and has not greeted yet.
pub(super) struct Started {
    pipe: Pipe,
    hello: String,
    prompt: String,
}

impl Door<'_> {
    /// Starts a shell.
    pub async fn open(&self) -> Result<Started, Refusal> {
        let hello = random_mark().map_err(Refusal::Gone)?;
        let prompt = random_mark().map_err(Refusal::Gone)?;
        let text = frame::shell_text(&hello);
        let command = privilege::command(self.login, self.who, &text, &prompt);
        let pipe = self.wire.open(&command).await?;
        Ok(Started {
            pipe,
            hello,
            prompt,
        })
    }
}

/// A shell of one user that waits for scripts. Dropping it ends it.
pub(super) struct Shell {
    input: Box<dyn AsyncWrite + Send + Unpin>,
    hearing: Hearing,
    /// Its process group on the host.
    pub group: u32,
    /// Which opening of the shells it belongs to.
    pub generation: u64,
    _session: Option<OwnedSemaphorePermit>,
    /// The connection that was made for it alone.
    wire: Option<Box<dyn Wire>>,
}

impl Shell {
    /// Waits for the greeting of a shell that was started.
    pub async fn greeted(
        door: &Door<'_>,
        started: Started,
        session: Option<OwnedSemaphorePermit>,
        generation: u64,
    ) -> Result<Self, RemoteError> {
        let mut shell = Self {
            input: started.pipe.input,
            hearing: Hearing::new(started.pipe.output),
            group: 0,
            generation,
            _session: session,
            wire: None,
        };
        let greeting = shell.greet(door, &started.hello, &started.prompt);
        match timeout(GREETING_LIMIT, greeting).await {
            Ok(greeted) => greeted.map(|()| shell),
            Err(_) => {
                let (host, seconds) = (door.host, GREETING_LIMIT.as_secs());
                let words = format!("{host} started no shell within {seconds} s");
                Err(RemoteError::Lost(words))
            }
        }
    }

    /// The same, keeping the connection that was made for it.
    pub fn over(mut self, wire: Box<dyn Wire>) -> Self {
        self.wire = Some(wire);
        self
    }

    async fn greet(
        &mut self,
        door: &Door<'_>,
        hello: &str,
        prompt: &str,
    ) -> Result<(), RemoteError> {
        let mut group = None;
        let mut greeted_on_err = false;
        let mut asked = false;
        while group.is_none() || !greeted_on_err {
            if !self.hearing.receive().await {
                return Err(self.closed(door, prompt));
            }
            if let Some(greeting) = self.hearing.out.cut(hello) {
                group = Some(greeting.words.parse().unwrap_or(0));
            }
            greeted_on_err |= self.hearing.err.cut(hello).is_some();
            if self.hearing.err.cut_prompt(prompt) {
                let Some(password) = door.who.password.as_ref().filter(|_| !asked) else {
                    let words = privilege::wrong_password(door.host, door.login);
                    return Err(RemoteError::Become(words));
                };
                asked = true;
                let line = Zeroizing::new(format!("{}\n", password.reveal()));
                if self.input.write_all(line.as_bytes()).await.is_err()
                    || self.input.flush().await.is_err()
                {
                    return Err(self.closed(door, prompt));
                }
            }
            if self.hearing.held() > CHATTER {
                return Err(RemoteError::Lost(format!(
                    "{} prints more than {} before its shell begins: what do the files print that \
                     its shell reads first?",
                    door.host,
                    size(CHATTER as u64)
                )));
            }
        }
        self.group = group.unwrap_or(0);
        Ok(())
    }

    fn closed(&self, door: &Door<'_>, prompt: &str) -> RemoteError {
        if let Some(lost) = door.wire.lost() {
            return lost;
        }
        let heard = [self.hearing.err.rest(), self.hearing.out.rest()].concat();
        let said = String::from_utf8_lossy(&heard).replace(prompt, "");
        let said = end_of(&said, TOLD);
        match privilege::other_user(door.login, door.who) {
            Some(_) => {
                RemoteError::Become(privilege::refusal(door.host, door.login, door.who, &said))
            }
            None => RemoteError::Lost(format!(
                "{} on {} gets no shell: {}",
                door.login.user,
                door.host,
                said.trim()
            )),
        }
    }

    /// Whether the shell still waits for scripts.
    pub fn is_open(&mut self) -> bool {
        self.hearing.is_open()
    }

    /// Waits until the shell is gone.
    pub async fn ended(&mut self) {
        while self.hearing.receive().await {
            self.hearing.forget();
        }
    }

    /// Asks all `scripts` in one write and reads the answers in order, up to the first that has none.
    pub async fn ask(
        &mut self,
        scripts: &[Script],
        limit: Duration,
    ) -> Result<Vec<Ending>, RemoteError> {
        let mut marks = Vec::with_capacity(scripts.len());
        let mut frames = Zeroizing::new(Vec::new());
        for script in scripts {
            let mark = random_mark()?;
            frames.extend(frame::frame(
                &mark,
                &script.text,
                Input::Framed(&script.stdin),
            ));
            marks.push(mark);
        }
        let input = &mut self.input;
        // Written beside the reading: a shell that waits for us to take its answer takes no more.
        // A write that fails shows as the end of the output.
        let writing = async move {
            let _ = input.write_all(&frames).await;
            let _ = input.flush().await;
        };
        let mut writing = std::pin::pin!(writing.fuse());
        let mut endings = Vec::with_capacity(scripts.len());
        let mut room = ANSWERS;
        for (script, mark) in scripts.iter().zip(&marks) {
            let limit = script.limit.unwrap_or(limit);
            let wanted = Wanted::All(room.min(ANSWER));
            let ending = self
                .hearing
                .answer(mark, Some(limit), wanted, &mut writing, None)
                .await;
            let answered = match &ending {
                Ending::Answered(output) => {
                    room = room.saturating_sub(output.stdout.len() + output.stderr.len());
                    true
                }
                _ => false,
            };
            endings.push(ending);
            if !answered {
                break;
            }
        }
        Ok(endings)
    }

    /// Runs a script whose stdin is the rest of the channel; the shell ends with it.
    pub async fn run(
        &mut self,
        script: &Script,
        content: &[u8],
        stream: Option<&mpsc::Sender<Chunk>>,
    ) -> Result<Ending, RemoteError> {
        let mark = random_mark()?;
        let head = Zeroizing::new(frame::frame(&mark, &script.text, Input::Rest));
        // A pipe has no end of file but its closing, so the input is given up for it.
        let mut input = std::mem::replace(&mut self.input, Box::new(tokio::io::sink()));
        let writing = async move {
            let _ = input.write_all(&head).await;
            let _ = input.write_all(content).await;
            let _ = input.shutdown().await;
        };
        let mut writing = std::pin::pin!(writing.fuse());
        Ok(self
            .hearing
            .answer(&mark, script.limit, Wanted::End, &mut writing, stream)
            .await)
    }
}

fn random_mark() -> Result<String, RemoteError> {
    frame::mark().map_err(|e| RemoteError::Lost(format!("this machine gives no random bytes: {e}")))
}
