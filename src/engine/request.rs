//! HTTP requests of probes and steps, made over a host's connection.

use crate::remote::http::{Via, send};
use crate::remote::{Remote, RemoteError};
use crate::step::{Output, Request, Response};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How long to wait before a request is made again whose answer said "not yet".
const PAUSE: Duration = Duration::from_secs(1);

/// Asks; whatever the server says is an answer. An error is a host that is gone.
pub async fn question(remote: &dyn Remote, request: &Request) -> Result<Output, RemoteError> {
    match send(Via::Host(remote), request).await {
        Ok(response) => Ok(response.output()),
        Err(error) => match error.lost() {
            Some(lost) => Err(lost.clone()),
            None => Ok(failed(error.to_string())),
        },
    }
}

/// Makes a step's request; another answer than those that it accepts is a failure.
pub async fn step(
    remote: &dyn Remote,
    request: &Request,
    mut stop: watch::Receiver<u8>,
) -> Result<Output, RemoteError> {
    let begun = Instant::now();
    let mut request = request.clone();
    let limit = request.limit;
    loop {
        let output = question(remote, &request).await?;
        let Some(response) = Response::of(&output).filter(|_| output.ok()) else {
            return Ok(output);
        };
        if request.takes(response.status) {
            return Ok(output);
        }
        let not_yet = request
            .again
            .is_some_and(|word| response.text().contains(word));
        let left = limit.saturating_sub(begun.elapsed());
        if !not_yet || left <= PAUSE {
            let words = format!("{}: {}", request.shown(), response.words());
            return Ok(Output {
                stdout: output.stdout,
                ..failed(words)
            });
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            _ = stop.wait_for(|level| *level > 0) => return Err(RemoteError::Interrupted),
        }
        request.limit = left.saturating_sub(PAUSE);
    }
}

fn failed(why: String) -> Output {
    Output {
        status: 1,
        stderr: why.into_bytes(),
        ..Output::default()
    }
}
