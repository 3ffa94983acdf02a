//! HTTP requests as a probe's question and as a step.

use super::RemoteError;
use super::http::{Via, send};
use crate::step::{Output, Request, Response};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long to wait before a request is made again whose answer said "not yet".
const PAUSE: Duration = Duration::from_secs(1);

/// Asks; whatever the server says is an answer. An error is a host that is gone.
pub async fn question(via: Via<'_>, request: &Request) -> Result<Output, RemoteError> {
    match send(via, request).await {
        Ok(response) => Ok(response.output()),
        Err(error) => match error.lost() {
            Some(lost) => Err(lost.clone()),
            None => Ok(failed(error.to_string())),
        },
    }
}

/// Makes a step's request; another answer than those that it accepts is a failure.
pub async fn step(via: Via<'_>, request: &Request) -> Result<Output, RemoteError> {
    let begun = Instant::now();
    let mut request = request.clone();
    let limit = request.limit;
    loop {
        let output = question(via, &request).await?;
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
        sleep(PAUSE).await;
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
