//! What is mounted, and what the fstab says of it.
//!
//! ```yaml
//! - mount: { path: /srv/data, src: LABEL=data, fstype: ext4, opts: noatime, state: mounted }
//! ```

mod fstab;
mod params;

use super::attributes::Wanted;
use super::edited::Edited;
use super::placed;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult, folders};
use crate::diag::Diag;
use crate::facts::{
    self, FileAt, Kind, Look, Mount as Standing, Mounts, ProbeError, expand, found, is_from, real,
};
use crate::secret::Secret;
use crate::step::pinned::{self, Lines};
use crate::step::{Effect, Place, Step};
use params::{Params, Want};

/// `mount`
pub struct Mount;

/// The options that the kernel tells of whatever is mounted.
const FLAGS: [&str; 7] = ["ro", "rw", "noexec", "nosuid", "nodev", "noatime", "sync"];

/// What is mounted, and what the fstab says.
pub struct State {
    mounts: Vec<Standing>,
    fstab: Option<Edited>,
    /// The real name of the place.
    path: String,
    /// The folders that are missing there, the outermost first.
    missing: Vec<String>,
    /// Whether a folder stands there.
    folder: bool,
}

impl State {
    fn text(&self) -> &str {
        let text = self.fstab.as_ref().and_then(|fstab| fstab.text.as_deref());
        text.unwrap_or_default()
    }

    fn is_mounted(&self) -> bool {
        facts::mounted(&self.mounts, &self.path).is_some()
    }

    /// Takes away all that is mounted at the place.
    fn unmount(&self) -> (Vec<Change>, Vec<Step>) {
        let path = &self.path;
        let here = self.mounts.iter().filter(|mount| mount.at == *path);
        let step = |_| {
            let beneath = Place::Unknown("what lies beneath shows once it is not mounted".into());
            let effects = [
                Effect::Mount(path.clone(), None),
                Effect::Path(path.clone(), beneath),
            ];
            placed::act(format!("unmount {path}"), &pinned::unmount(path)).making(effects)
        };
        let steps: Vec<Step> = here.map(step).collect();
        let change = Change::new(Sign::Remove, format!("mount {path}"));
        let changes = (!steps.is_empty()).then_some(change);
        (changes.into_iter().collect(), steps)
    }
}

impl Module for Mount {
    const NAME: &'static str = "mount";
    const COLLECTION: &'static str = "ansible.posix";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("name", "path")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let needs = matches!(
            params.state,
            Want::Mounted | Want::Present | Want::Ephemeral
        );
        if needs && (params.source().is_empty() || params.kind().is_empty()) {
            return Err(Diag::error("`src` and `fstype` are missing").help(
                "say what is mounted, and its file system's kind (`none` with `opts: bind`)",
            ));
        }
        if params.path.contains('\n') || params.source().contains('\n') {
            return Err(Diag::error("a line of an fstab holds no line break"));
        }
        if let (true, Some(options)) = (params.opts_no_log, &params.opts) {
            // All that is told goes without what is known as a secret.
            drop(Secret::new(options.clone()));
        }
        if params.path.len() > 1 {
            params
                .path
                .truncate(params.path.trim_end_matches('/').len().max(1));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let mut path = expand(look, &params.path).await?;
        let fstab = async {
            Ok(match params.state {
                Want::Ephemeral | Want::Unmounted => None,
                _ => Some(Edited::look(look, &params.fstab).await?),
            })
        };
        let (mounts, fstab) = futures::try_join!(look.fact(Mounts), fstab)?;
        let (mut missing, mut folder) = (Vec::new(), true);
        let by_fstab = matches!(params.state, Want::Present | Want::AbsentFromFstab);
        if !by_fstab && facts::mounted(&mounts, &path).is_none() {
            let at = FileAt {
                path: path.clone(),
                follow: true,
                hash: false,
            };
            let (file, at) = match found(look, at).await {
                // What lies where something was mounted plays no part where nothing shall be.
                Err(ProbeError::Unknown { .. }) if params.state == Want::Unmounted => (None, path),
                other => other?,
            };
            folder = file
                .as_ref()
                .is_some_and(|file| file.kind == Kind::Directory);
            // The kernel tells of what is mounted by its real name.
            path = if folder { real(look, &at).await? } else { at };
            if file.is_none() && matches!(params.state, Want::Mounted | Want::Ephemeral) {
                missing = folders::missing(look, &path).await?;
            }
        }
        Ok(State {
            mounts,
            fstab,
            path,
            missing,
            folder,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let path = &state.path;
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        let mut add = |(more, also): (Vec<Change>, Vec<Step>)| {
            changes.extend(more);
            steps.extend(also);
        };
        match params.state {
            Want::Present => {
                let text = fstab::with(state.text(), &params.entry());
                add(params.kept(state, &text)?);
            }
            Want::Absent | Want::AbsentMount | Want::AbsentFromFstab => {
                let text = fstab::without(state.text(), &params.path, params.src.as_deref());
                add(params.kept(state, &text)?);
                if params.state != Want::AbsentFromFstab {
                    add(state.unmount());
                }
                if params.state == Want::Absent && (state.folder || state.is_mounted()) {
                    let lines = pinned::remove_empty(path);
                    let step = placed::act(format!("remove {path}/"), &lines);
                    add((
                        vec![Change::new(Sign::Remove, format!("{path}/"))],
                        vec![step],
                    ));
                }
            }
            Want::Unmounted => add(state.unmount()),
            Want::Mounted | Want::Ephemeral => return Self::mounted(params, state),
            Want::Remounted => {
                let Some(standing) = facts::mounted(&state.mounts, path) else {
                    return Err(format!("nothing is mounted at {path}"));
                };
                let given = params.opts.is_some().then(|| params.options());
                let given = given.or_else(|| fstab::options_of(state.text(), &params.path));
                let step = params.remount(path, standing, &given.unwrap_or_default());
                let changes = vec![Change::new(Sign::Run, format!("remount {path}"))];
                return Ok(Plan::Act {
                    changes,
                    steps: vec![step],
                });
            }
        }
        Ok(Plan::Converge { changes, steps })
    }

    fn result(course: Course<'_, Self>) -> TaskResult {
        let Course {
            ready: params,
            plan,
            ran,
            ..
        } = course;
        let mut result = TaskResult::of(plan, ran)
            .with("name", params.path.as_str())
            .with("opts", params.options())
            .with("dump", params.dump.as_str())
            .with("passno", params.passno.as_str())
            .with("fstab", params.fstab.as_str())
            .with("boot", if params.boot { "yes" } else { "no" });
        for (name, value) in [("src", &params.src), ("fstype", &params.fstype)] {
            if let Some(value) = value {
                result = result.with(name, value.as_str());
            }
        }
        result
    }
}

impl Mount {
    /// The mount first: an fstab that can't be mounted from keeps a machine from coming up.
    fn mounted(params: &Params, state: &State) -> Result<Plan, String> {
        let path = &state.path;
        let text = match params.state {
            Want::Mounted => fstab::with(state.text(), &params.entry()),
            _ => state.text().to_owned(),
        };
        let kept = params.kept(state, &text)?;
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        match params.stands(state) {
            None => {
                if params.state == Want::Ephemeral && state.is_mounted() {
                    return Err(other(path));
                }
                if !state.folder && state.missing.is_empty() {
                    return Err(format!(
                        "{path} is no folder, so nothing can be mounted there"
                    ));
                }
                let (made, lines) = folders::make(&state.missing, &Wanted::default());
                changes.extend(made);
                if lines != Lines::default() {
                    steps.push(placed::act(format!("make {path}/"), &lines));
                }
                changes.push(Change::new(Sign::Add, format!("mount {path}")));
                steps.push(params.mount(path));
                changes.extend(kept.0);
                steps.extend(kept.1);
            }
            Some(standing) => {
                let options = params.options();
                let differs = match params.state {
                    Want::Mounted => !kept.0.is_empty(),
                    _ if !is_from(&state.mounts, standing, params.source()) => {
                        return Err(other(path));
                    }
                    _ => options.split(',').any(|option| {
                        let has = standing.what.options.iter().any(|has| has == option);
                        FLAGS.contains(&option) && !has
                    }),
                };
                changes.extend(kept.0);
                steps.extend(kept.1);
                if differs {
                    changes.push(Change::new(Sign::Modify, format!("mount {path}")));
                    let step = params.remount(path, standing, &options);
                    steps.push(step.making([params.makes(path)]));
                }
            }
        }
        Ok(Plan::Converge { changes, steps })
    }
}

fn other(path: &str) -> String {
    format!("something else is mounted at {path}: unmount it first, or name another place")
}

#[cfg(test)]
mod tests;
