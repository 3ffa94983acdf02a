//! A repository of rpm packages, as a section of a file of `/etc/yum.repos.d`.
//!
//! ```yaml
//! - yum_repository:
//!     name: pgdg17
//!     description: PostgreSQL 17
//!     baseurl: https://download.postgresql.org/pub/repos/yum/17/redhat/rhel-$releasever-$basearch
//!     gpgcheck: true
//!     gpgkey: file:///etc/pki/rpm-gpg/PGDG-RPM-GPG-KEY-RHEL
//! ```
//!
//! A file with a password is for root alone, unless `mode` says otherwise.

mod ini;
mod params;

pub use params::Params;

use super::attributes::Wanted;
use super::edited::Edited;
use super::mode::Mode;
use super::placed::{Placing, act};
use super::presence::Presence;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{File, Look, ProbeError};
use crate::secret::Secret;
use crate::step::pinned;
use ini::Ini;

/// `yum_repository`
pub struct YumRepository;

/// The file as it is.
#[derive(Clone, Debug)]
pub struct State {
    file: Edited,
    ini: Ini,
}

const FOR_ALL: Mode = Mode::Bits(0o644);
const FOR_ROOT: Mode = Mode::Bits(0o600);

impl Params {
    fn placing(&self, state: &State) -> Placing<'_> {
        let there = state.file.placed.file.is_some();
        let usual = match (self.has_secret(), there) {
            (true, _) => Some(&FOR_ROOT),
            (false, false) => Some(&FOR_ALL),
            (false, true) => None,
        };
        let wanted = self.wanted();
        Placing {
            wanted: Wanted {
                mode: wanted.mode.or(usual),
                ..wanted
            },
            ..Placing::default()
        }
    }
}

impl Module for YumRepository {
    const NAME: &'static str = "yum_repository";
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("ca_cert", "sslcacert"),
        ("client_cert", "sslclientcert"),
        ("client_key", "sslclientkey"),
        ("validate_certs", "sslverify"),
    ];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        params.read()
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        params.no_context(look).await?;
        let file = Edited::look(look, &params.path()).await?;
        let ini = Ini::read(file.text.as_deref().unwrap_or_default())
            .map_err(|why| ProbeError::Failed(format!("{}: {why}", params.path())))?;
        // Those that go are nothing for a diff either.
        for name in ["password", "proxy_password"] {
            ini.values(name).for_each(|value| drop(Secret::new(value)));
        }
        Ok(State { file, ini })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let path = &state.file.placed.path;
        let ini = match params.state {
            Presence::Present => state.ini.with(&params.name, params.fields()),
            Presence::Absent => state.ini.without(&params.name),
        };
        let same = ini.says(&state.ini);
        if params.state == Presence::Absent && same {
            return Ok(Plan::nothing());
        }
        if ini.is_empty() {
            let seen = state.file.placed.file.as_ref().map(File::seen);
            let lines = seen
                .map(|seen| pinned::remove(path, seen))
                .unwrap_or_default();
            return Ok(Plan::Converge {
                changes: vec![Change::new(Sign::Remove, path)],
                steps: vec![act(format!("remove {path}"), &lines)],
            });
        }
        // What says the same already stays as somebody wrote it.
        let text = match &state.file.text {
            Some(text) if same => text.clone(),
            _ => ini.text(),
        };
        let (changes, steps) = state.file.plan(&text, &params.placing(state))?;
        Ok(Plan::Converge { changes, steps })
    }

    fn result(
        Course {
            ready: params,
            plan,
            ran,
            ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran)
            .with("repo", params.name.clone())
            .with("state", params.state.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{Shell, live, ready, settled};
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    fn args(folder: &std::path::Path) -> serde_json::Value {
        json!({
            "name": "epel", "description": "EPEL YUM repo", "reposdir": folder, "enabled": false,
            "baseurl": ["https://a/$releasever", "https://b/$releasever"], "gpgcheck": true,
            "exclude": ["x*", "y"], "priority": "10",
        })
    }

    #[test]
    fn the_file_is_the_one_that_ansible_writes() {
        for shell in Shell::all() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("epel.repo");
            assert!(live::<YumRepository>(&shell, folder.path(), args(folder.path())).changed);
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                "[epel]\nbaseurl = https://a/$releasever\n\thttps://b/$releasever\nenabled = 0\nexclude = x* y\n\
                 gpgcheck = 1\nname = EPEL YUM repo\npriority = 10\n\n"
            );
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
            settled::<YumRepository>(&shell, folder.path(), args(folder.path()));
        }
    }

    #[test]
    fn a_section_lives_beside_others_and_the_last_takes_the_file_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epel.repo");
        let shell = Shell::dash();
        let run = |args| live::<YumRepository>(&shell, folder.path(), args).changed;
        let read = || std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, "# kept\n[other]\nname=Other\n").unwrap();
        let gone = |name| json!({ "name": name, "file": "epel", "state": "absent", "reposdir": folder.path() });
        assert!(!run(gone("epel")));
        assert!(read().starts_with("# kept"));
        assert!(run(args(folder.path())));
        assert!(
            read().starts_with("[other]\nname = Other\n\n[epel]\n"),
            "{}",
            read()
        );
        // Written by hand in another order, it still says the same.
        let sections = read();
        let (other, epel) = sections.split_once("\n\n").unwrap();
        std::fs::write(&path, format!("; mine\n{epel}{other}\n")).unwrap();
        assert!(!run(args(folder.path())));
        assert!(run(gone("other")) && !read().contains("other"));
        assert!(run(gone("epel")) && !path.exists());
    }

    #[test]
    fn a_file_with_a_password_is_for_root_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("epel.repo");
        let shell = Shell::dash();
        let mut secret = args(folder.path());
        live::<YumRepository>(&shell, folder.path(), secret.clone());
        secret["username"] = "me".into();
        secret["password"] = "geheim-17".into();
        assert!(live::<YumRepository>(&shell, folder.path(), secret).changed);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\npassword = geheim-17\n"));
        assert!(!crate::secret::masked(&text).contains("geheim-17"));
    }

    #[test]
    fn what_a_repository_needs_is_asked_for() {
        let told = |args| {
            ready::<YumRepository>("/".as_ref(), args)
                .unwrap_err()
                .to_string()
        };
        assert!(told(json!({ "name": "a", "baseurl": ["http://x"] })).contains("description"));
        assert!(told(json!({ "name": "a", "description": "A" })).contains("`baseurl`"));
        assert!(
            told(json!({ "name": "../a", "description": "A", "baseurl": ["x"] })).contains("../a")
        );
        assert!(told(json!({ "name": "a b", "state": "absent" })).contains("a b"));
    }
}
