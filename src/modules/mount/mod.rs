//! What is mounted, and what the fstab says of it.
//!
//! ```yaml
//! - mount: { path: /srv/data, src: LABEL=data, fstype: ext4, opts: noatime, state: mounted }
//! ```

mod fstab;

use super::attributes::Wanted;
use super::defaults::yes;
use super::edited::Edited;
use super::placed::{self, Placing};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult, folders};
use crate::diag::Diag;
use crate::facts::{
    self, FileAt, Kind, Look, Mount as Standing, Mounts, ProbeError, expand, found, is_from, real,
};
use crate::secret::Secret;
use crate::step::pinned::{self, Lines};
use crate::step::{Access, Effect, Mounted, Place, Step};
use fstab::Entry;
use serde::Deserialize;

/// `mount`
pub struct Mount;

/// What shall be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The fstab names it, and it is mounted.
    Mounted,
    /// It is not mounted, whatever the fstab says.
    Unmounted,
    /// The fstab names it, mounted or not.
    Present,
    /// The fstab does not name it, it is not mounted, and its folder goes.
    Absent,
    /// The same, but that the folder stays.
    AbsentMount,
    /// The fstab does not name it, mounted or not.
    AbsentFromFstab,
    /// It is mounted anew as it stands.
    Remounted,
    /// It is mounted, and the fstab is left alone.
    Ephemeral,
}

/// The parameters of `mount`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Where.
    pub path: String,
    /// What is mounted: a device, a share, with `opts: bind` a folder.
    #[serde(default)]
    pub src: Option<String>,
    /// The file system's kind.
    #[serde(default)]
    pub fstype: Option<String>,
    /// The options, between commas; `defaults` where nothing is said.
    #[serde(default)]
    pub opts: Option<String>,
    /// The options are a secret, and stand for themselves nowhere that is told.
    #[serde(default)]
    pub opts_no_log: bool,
    /// The fifth word of the fstab's line.
    #[serde(default = "zero")]
    pub dump: String,
    /// The sixth.
    #[serde(default = "zero")]
    pub passno: String,
    /// What shall be so.
    pub state: Want,
    /// The fstab.
    #[serde(default = "usual")]
    pub fstab: String,
    /// Whether it is mounted when the machine comes up: where not, `noauto` is among the options.
    #[serde(default = "yes")]
    pub boot: bool,
    /// Keep the fstab that was there.
    #[serde(default)]
    pub backup: bool,
}

fn zero() -> String {
    "0".into()
}

fn usual() -> String {
    "/etc/fstab".into()
}

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

impl Params {
    fn options(&self) -> String {
        let options = self.opts.as_deref().unwrap_or("defaults");
        let off = options.split(',').any(|option| option == "noauto");
        if self.boot || off {
            options.to_owned()
        } else {
            format!("{options},noauto")
        }
    }

    fn entry(&self) -> Entry {
        Entry {
            source: self.source().to_owned(),
            path: self.path.clone(),
            fstype: self.kind().to_owned(),
            options: self.options(),
            dump: self.dump.clone(),
            passno: self.passno.clone(),
        }
    }

    fn source(&self) -> &str {
        self.src.as_deref().unwrap_or_default()
    }

    fn kind(&self) -> &str {
        self.fstype.as_deref().unwrap_or_default()
    }

    /// What is mounted at the place, where that is what is wanted.
    fn stands<'a>(&self, state: &'a State) -> Option<&'a Standing> {
        let mount = facts::mounted(&state.mounts, &state.path)?;
        let options = self.options();
        let binds = options
            .split(',')
            .any(|option| matches!(option, "bind" | "rbind"));
        (!binds || is_from(&state.mounts, mount, self.source())).then_some(mount)
    }

    /// What stands at the place once it is mounted.
    fn seen(&self) -> Place {
        if self.kind() != "tmpfs" {
            return Place::Unknown("what is mounted there shows what it holds".to_owned());
        }
        let options = self.options();
        let value = |name: &str| {
            let mut given = options
                .split(',')
                .filter_map(|option| option.split_once('='));
            given
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned())
        };
        let mode = value("mode").and_then(|mode| u32::from_str_radix(&mode, 8).ok());
        Place::Folder(Access {
            owner: Some(value("uid").unwrap_or_else(|| "0".to_owned())),
            group: Some(value("gid").unwrap_or_else(|| "0".to_owned())),
            mode: Some(mode.unwrap_or(0o1777)),
        })
    }

    fn makes(&self, path: &str) -> Effect {
        let mounted = Mounted {
            source: self.source().to_owned(),
            fstype: self.kind().to_owned(),
            options: self.options().split(',').map(str::to_owned).collect(),
        };
        Effect::Mount(path.to_owned(), Some(mounted))
    }

    fn mount(&self, path: &str) -> Step {
        let options = self.options();
        let mut words = vec!["-t", self.kind()];
        if self.kind().is_empty() || self.kind() == "none" {
            words.clear();
        }
        if options != "defaults" {
            words.extend(["-o", &options]);
        }
        words.push(self.source());
        let step = placed::act(format!("mount {path}"), &pinned::mount(path, &words));
        step.making([self.makes(path), Effect::Path(path.to_owned(), self.seen())])
    }

    /// Mounts what stands there with other options; where that can't be done, takes it away and mounts it.
    fn remount(&self, path: &str, standing: &Standing, options: &str) -> Step {
        let again = match options {
            "" | "defaults" => "remount".to_owned(),
            options => format!("remount,{options}"),
        };
        let source = match self.source() {
            "" => &standing.what.source,
            source => source,
        };
        placed::act(
            format!("remount {path}"),
            &pinned::mount(path, &["-o", &again, source]),
        )
    }

    /// What is to be done with the fstab.
    fn kept(&self, state: &State, text: &str) -> Result<(Vec<Change>, Vec<Step>), String> {
        let placing = Placing {
            backup: self.backup,
            ..Placing::default()
        };
        match &state.fstab {
            Some(fstab) if fstab.text.as_deref().unwrap_or_default() != text => {
                fstab.plan(text, &placing)
            }
            _ => Ok((Vec::new(), Vec::new())),
        }
    }
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
