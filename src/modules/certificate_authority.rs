//! Changes the authority that the controller keeps for `lookup('certificate')`, stage by stage.
//!
//! ```yaml
//! - certificate_authority: { path: "{{ trueup_state }}/pki", stage: trust_both }
//!   run_once: true
//! ```
//!
//! The stages, each with the hosts' turn behind it: `trust_both` makes the next authority, which
//! is trusted beside the one that signs; `sign_new` lets it sign; `trust_new` drops the one before,
//! whose key stays in the folder `authorities`. From the first stage on every lookup of a
//! certificate gives what belongs to the stage that was reached, in whatever playbook; so a change
//! that was interrupted goes on where it was. Where `authorities/next.pem` holds an authority
//! of the user's (its key, its certificate, those that lead to its root), that is the next one.

use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError};
use crate::secret::{self, AuthorityStage, AuthorityStanding};
use crate::step::{Action, AuthorityTurn, Step};
use serde::Deserialize;
use std::path::PathBuf;

/// `certificate_authority`
pub struct CertificateAuthority;

/// The parameters of `certificate_authority`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The folder of the authority: the `state` of the lookup.
    pub path: PathBuf,
    /// `trust_both`, `sign_new` or `trust_new`.
    pub stage: AuthorityStage,
}

/// The task, and what the run is for.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// Whether what is done is kept.
    keep: bool,
}

impl Module for CertificateAuthority {
    const NAME: &'static str = "certificate_authority";
    const COLLECTION: &'static str = "trueup.pki";
    const ON_CONTROLLER: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = AuthorityStanding;

    fn prepare(params: Params, controller: &dyn Controller) -> Result<Ready, Diag> {
        if !params.path.is_absolute() {
            let diag = Diag::error(format!("`{}` is not absolute", params.path.display()));
            return Err(diag.help("name the folder as `{{ trueup_state }}/pki`"));
        }
        let keep = controller.keeps();
        Ok(Ready { params, keep })
    }

    async fn probe(ready: &Ready, _: &Look) -> Result<AuthorityStanding, ProbeError> {
        secret::authority_standing(&ready.params.path, ready.keep)
            .map_err(|error| ProbeError::Failed(error.to_string()))
    }

    fn plan(ready: &Ready, standing: &AuthorityStanding) -> Result<Plan, String> {
        if !standing.needs(ready.params.stage)? {
            return Ok(Plan::nothing());
        }
        let (sign, what) = match ready.params.stage {
            AuthorityStage::TrustBoth => (Sign::Add, "CA (next), trusted beside the old one"),
            AuthorityStage::SignNew => (Sign::Modify, "CA (next) signs"),
            AuthorityStage::TrustNew => (Sign::Remove, "CA (old), trusted no more"),
        };
        Ok(Plan::Converge {
            changes: vec![Change::new(sign, what)],
            steps: vec![Step::new(
                what.to_owned(),
                Action::Turn(AuthorityTurn {
                    folder: ready.params.path.clone(),
                    stage: ready.params.stage,
                }),
            )],
        })
    }

    fn result(
        Course {
            before,
            after,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let standing = serde_json::json!(after.unwrap_or(before));
        TaskResult::of(plan, ran).with("standing", standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, ready, settled};
    use crate::secret::{CertificateSpec, certificate};
    use serde_json::json;
    use std::path::Path;

    fn stage(folder: &Path, stage: &str) -> TaskResult {
        let args = json!({ "path": folder, "stage": stage });
        live::<CertificateAuthority>(&Shell::dash(), "/".as_ref(), args)
    }

    fn looked_up(folder: &Path) {
        let spec = CertificateSpec {
            name: "pg-a".into(),
            sans: ["pg-a".to_owned()].into(),
            days: 90,
            server: true,
            client: false,
        };
        certificate(folder, &spec, true).unwrap();
    }

    #[test]
    fn the_stages_converge_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        looked_up(folder.path());
        let both = stage(folder.path(), "trust_both");
        assert!(both.changed);
        assert_eq!(both.values["standing"], "trust_both");
        settled::<CertificateAuthority>(
            &Shell::dash(),
            "/".as_ref(),
            json!({ "path": folder.path(), "stage": "trust_both" }),
        );
        assert_eq!(
            stage(folder.path(), "sign_new").values["standing"],
            "sign_new"
        );
        looked_up(folder.path());
        assert_eq!(
            stage(folder.path(), "trust_new").values["standing"],
            "settled"
        );
    }

    #[test]
    fn a_leftover_certificate_fails_the_last_stage() {
        let folder = tempfile::tempdir().unwrap();
        looked_up(folder.path());
        stage(folder.path(), "trust_both");
        stage(folder.path(), "sign_new");
        let result = stage(folder.path(), "trust_new");
        let failed = result.failed.unwrap();
        assert!(
            failed.contains("pg-a. Apply to all hosts first"),
            "{failed}"
        );
        assert_eq!(
            stage(folder.path(), "sign_new").values["standing"],
            "sign_new"
        );
    }

    #[test]
    fn a_stage_out_of_turn_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |stage: &str| {
            let params = json!({ "path": folder.path(), "stage": stage });
            let ready = ready::<CertificateAuthority>("/".as_ref(), params).unwrap();
            let standing = futures::executor::block_on(CertificateAuthority::probe(
                &ready,
                &Shell::dash().look(),
            ));
            CertificateAuthority::plan(&ready, &standing.unwrap()).unwrap_err()
        };
        assert!(refused("trust_both").starts_with("there is no authority to change"));
        looked_up(folder.path());
        assert!(refused("sign_new").starts_with("no change of the authority is under way"));
        stage(folder.path(), "trust_both");
        assert!(refused("trust_new").starts_with("the old authority signs still"));
    }
}
