//! Reads a file of the host.
//!
//! ```yaml
//! - slurp: { src: /etc/machine-id }
//!   register: id
//! - debug: { msg: "{{ id.content | b64decode }}" }
//! ```

use super::{Controller, Course, Module, Plan, TaskResult};
use crate::diag::Diag;
use crate::facts::{Bytes, Content, Look, ProbeError, expand};
use base64::Engine;
use serde::Deserialize;

/// `slurp`
pub struct Slurp;

/// Files larger than this are not read.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The parameters of `slurp`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file.
    pub src: String,
}

impl Module for Slurp {
    const NAME: &'static str = "slurp";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("path", "src")];
    type Params = Params;
    type Ready = Params;
    type State = Vec<u8>;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<Vec<u8>, ProbeError> {
        let path = expand(look, &params.src).await?;
        match look
            .fact(Content {
                path: path.clone(),
                limit: LIMIT,
            })
            .await?
        {
            Bytes::Are(bytes) => Ok(bytes),
            Bytes::Absent => Err(ProbeError::Failed(format!("file not found: {path}"))),
            Bytes::NoFile => Err(ProbeError::Failed(format!("{path} is no file"))),
            Bytes::TooLarge(size) => Err(ProbeError::Failed(format!(
                "{path} has {size} bytes; `slurp` reads up to {LIMIT}"
            ))),
        }
    }

    fn plan(_: &Params, _: &Vec<u8>) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(
        Course {
            ready: params,
            before,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::default()
            .with(
                "content",
                base64::engine::general_purpose::STANDARD.encode(before),
            )
            .with("source", params.src.clone())
            .with("encoding", "base64")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, settled};
    use serde_json::json;

    #[test]
    fn every_byte_arrives() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let all: Vec<u8> = (0..=255).collect();
            std::fs::write(folder.path().join("x"), &all).unwrap();
            let result = settled::<Slurp>(
                &shell,
                folder.path(),
                json!({ "src": folder.path().join("x") }),
            );
            let content = result.values["content"].as_str().unwrap();
            assert_eq!(
                base64::engine::general_purpose::STANDARD
                    .decode(content)
                    .unwrap(),
                all,
                "{shell:?}"
            );
        }
    }
}
