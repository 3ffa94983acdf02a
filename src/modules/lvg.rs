//! A volume group of LVM.
//!
//! ```yaml
//! - lvg: { vg: data, pvs: [ /dev/vdb, /dev/vdc ] }
//! ```

use super::defaults::yes;
use super::tool::{says, work};
use super::unsupported::Unsupported;
use super::{Change, Controller, Module, Plan, Sign};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::{Effect, quote};
use serde::Deserialize;

/// `lvg`
pub struct Lvg;

/// What shall be so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// It is not there.
    Absent,
    /// It is there.
    #[default]
    Present,
    /// It is there, and its volumes can be used.
    Active,
    /// It is there, and its volumes can't be used.
    Inactive,
}

/// The parameters of `lvg`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The group's name.
    pub vg: String,
    /// The devices that it is made of.
    #[serde(default)]
    pub pvs: Vec<String>,
    /// What shall be so.
    #[serde(default)]
    pub state: Want,
    /// The size of an extent of a new group: `4` (megabytes), `128K`.
    #[serde(default = "four")]
    pub pesize: String,
    /// Options of `pvcreate`.
    #[serde(default)]
    pub pv_options: String,
    /// Options of `vgcreate`.
    #[serde(default)]
    pub vg_options: String,
    /// Let the devices' volumes grow to the devices' sizes.
    #[serde(default)]
    pub pvresize: bool,
    /// Take a group away that has volumes.
    #[serde(default)]
    pub force: bool,
    /// Take devices out of the group that are not named.
    #[serde(default = "yes")]
    pub remove_extra_pvs: bool,
    /// Not supported: it is set anew each time.
    #[serde(default)]
    pub reset_vg_uuid: Unsupported,
    /// Not supported: it is set anew each time.
    #[serde(default)]
    pub reset_pv_uuid: Unsupported,
}

fn four() -> String {
    "4".into()
}

/// A physical volume of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    path: String,
    group: String,
    /// The device has so many bytes more than are used, and more than an extent.
    grows: bool,
}

/// What LVM says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many volumes the group has; `None` where there is no such group.
    volumes: Option<u64>,
    /// Whether any of them can be used.
    active: bool,
    parts: Vec<Part>,
    /// The devices by their real names, in the order of the task; those that are not there are empty.
    devices: Vec<String>,
}

impl State {
    /// `VOLUMES ACTIVE`, lines of physical volumes, lines of devices, each behind its letter.
    fn read(text: &str) -> Self {
        let mut state = Self::default();
        for line in text.lines() {
            let Some((letter, rest)) = line.split_once(' ') else {
                continue;
            };
            let words: Vec<&str> = rest.trim().split(';').map(str::trim).collect();
            match (letter, &words[..]) {
                ("g", [count, ..]) => state.volumes = count.parse().ok(),
                ("a", _) => state.active = true,
                ("p", [path, group, sizes @ ..]) => {
                    let sizes: Vec<u64> =
                        sizes.iter().filter_map(|size| size.parse().ok()).collect();
                    let grows = matches!(sizes[..], [device, own, start, extent] if device.saturating_sub(start + own) > extent);
                    state.parts.push(Part {
                        path: (*path).to_owned(),
                        group: (*group).to_owned(),
                        grows,
                    });
                }
                ("d", _) => state.devices.push(rest.trim().to_owned()),
                _ => {}
            }
        }
        state
    }

    /// The same text, as far as plans look at it.
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(count) = self.volumes {
            text += &format!("g {count}\n");
        }
        if self.active {
            text += "a yes\n";
        }
        for part in &self.parts {
            text += &format!("p {};{}\n", part.path, part.group);
        }
        for device in &self.devices {
            text += &format!("d {device}\n");
        }
        text
    }
}

impl Params {
    fn of(&self) -> String {
        format!("volume group {}", self.vg)
    }
}

fn words(paths: &[&str]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| quote(path)).collect();
    quoted.join(" ")
}

/// Options as they stand in a task, as words for a shell.
fn options(name: &str, text: &str) -> Result<String, String> {
    let words = shlex::split(text)
        .ok_or_else(|| format!("`{name}: {text}` has a quote that is never closed"))?;
    Ok(words
        .iter()
        .map(|word| format!(" {}", quote(word)))
        .collect())
}

impl Module for Lvg {
    const NAME: &'static str = "lvg";
    const COLLECTION: &'static str = "community.general";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(mut params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let size = params
            .pesize
            .trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 's', 'S', 'b', 'B']);
        if size.is_empty() || !size.chars().all(|c| c.is_ascii_digit()) {
            return Err(
                Diag::error(format!("`pesize: {}` is no size", params.pesize))
                    .help("it is written as 4 or 128K"),
            );
        }
        if params.pesize == size {
            params.pesize.push('m');
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let (vg, devices) = (quote(&params.vg), &params.pvs);
        let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
        let script = format!(
            "c=$(vgs --noheadings -o lv_count {vg} 2>/dev/null) && echo \"g \"$c\n\
             lvs --noheadings -o lv_active {vg} 2>/dev/null | grep -q active && echo 'a yes'\n\
             pvs --noheadings --nosuffix --units b --separator ';' -o pv_name,vg_name,dev_size,pv_size,pe_start,vg_extent_size 2>/dev/null | while read -r l; do echo \"p $l\"; done\n\
             for d in {}; do if [ -e \"$d\" ]; then echo \"d $(readlink -f \"$d\")\"; else echo 'd '; fi; done",
            words(&devices)
        );
        let asked = Says {
            of: params.of(),
            program: "vgs",
            package: "lvm2",
            script,
        };
        Ok(State::read(&look.fact(asked).await?))
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (of, vg) = (params.of(), quote(&params.vg));
        let (mut changes, mut text) = (Vec::new(), Vec::new());
        let mut then = state.clone();
        if params.state == Want::Absent {
            match state.volumes {
                None => return Ok(Plan::nothing()),
                Some(count) if count > 0 && !params.force => {
                    return Err(format!(
                        "the volume group {} has {count} volumes: `force: true` takes it away with them",
                        params.vg
                    ));
                }
                Some(_) => {}
            }
            let step = work(
                format!("remove {of}"),
                &format!("vgremove --force --yes {vg} >/dev/null"),
            );
            return Ok(Plan::Converge {
                changes: vec![Change::new(Sign::Remove, &of)],
                steps: vec![step.making([Effect::Says(of, None)])],
            });
        }
        if let Some(at) = state.devices.iter().position(String::is_empty) {
            return Err(format!("there is no device {} on the host", params.pvs[at]));
        }
        let other = |part: &&Part| {
            let taken = !part.group.is_empty() && part.group != params.vg;
            taken && state.devices.contains(&part.path)
        };
        if let Some(part) = state.parts.iter().find(other) {
            return Err(format!(
                "{} belongs to the volume group {}",
                part.path, part.group
            ));
        }
        let now: Vec<&Part> = state
            .parts
            .iter()
            .filter(|part| part.group == params.vg)
            .collect();
        let has = |path: &String| now.iter().any(|part| part.path == *path);
        let new: Vec<&str> = state
            .devices
            .iter()
            .filter(|path| !has(path))
            .map(String::as_str)
            .collect();
        let create = format!(
            "pvcreate{} -f --yes {} >/dev/null",
            options("pv_options", &params.pv_options)?,
            words(&new)
        );
        if state.volumes.is_none() {
            if new.is_empty() {
                return Err(format!(
                    "there is no volume group {}: say by `pvs` what it is made of",
                    params.vg
                ));
            }
            changes.push(Change::new(
                Sign::Add,
                format!("{of} of {}", new.join(", ")),
            ));
            text.push(create);
            text.push(format!(
                "vgcreate{} -s {} {vg} {} >/dev/null",
                options("vg_options", &params.vg_options)?,
                quote(&params.pesize),
                words(&new)
            ));
            then.volumes = Some(0);
        } else if !state.devices.is_empty() {
            if !new.is_empty() {
                changes.push(Change::attribute(
                    &of,
                    "devices",
                    None,
                    Some(new.join(", ")),
                ));
                text.push(create);
                text.push(format!("vgextend {vg} {} >/dev/null", words(&new)));
            }
            let gone: Vec<&str> = now
                .iter()
                .map(|part| part.path.as_str())
                .filter(|path| !state.devices.iter().any(|device| device == path))
                .collect();
            if !gone.is_empty() && params.remove_extra_pvs {
                changes.push(Change::attribute(
                    &of,
                    "devices",
                    Some(gone.join(", ")),
                    None,
                ));
                text.push(format!("vgreduce --force {vg} {} >/dev/null", words(&gone)));
                then.parts
                    .retain(|part| !gone.contains(&part.path.as_str()));
            }
            for part in now.iter().filter(|part| params.pvresize && part.grows) {
                changes.push(Change::new(
                    Sign::Modify,
                    format!("{} grows in {of}", part.path),
                ));
                text.push(format!("pvresize {} >/dev/null", quote(&part.path)));
            }
        }
        then.parts.retain(|part| !new.contains(&part.path.as_str()));
        then.parts.extend(new.iter().map(|path| Part {
            path: (*path).to_owned(),
            group: params.vg.clone(),
            grows: false,
        }));
        let wanted = match params.state {
            Want::Active => Some(true),
            Want::Inactive => Some(false),
            _ => None,
        };
        let volumes = state.volumes.unwrap_or(0) > 0;
        if let Some(active) = wanted.filter(|active| volumes && *active != state.active) {
            let word = |active| if active { "active" } else { "inactive" }.to_owned();
            changes.push(Change::attribute(
                &of,
                "state",
                Some(word(!active)),
                Some(word(active)),
            ));
            text.push(format!(
                "vgchange --activate {} {vg} >/dev/null",
                if active { "y" } else { "n" }
            ));
            then.active = active;
        }
        if changes.is_empty() {
            return Ok(Plan::nothing());
        }
        let step = work(format!("set {of}"), &text.join(" || exit\n"));
        Ok(Plan::Converge {
            changes,
            steps: vec![step.making(says(&of, then.text()))],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    fn run(args: Value, said: &str) -> Result<String, String> {
        let answers = [("lv_count", said)];
        let plan = planned::<Lvg>(args.clone(), &answers)?;
        assert!(!left::<Lvg>(args, &answers)?.is_change());
        let text = plan.steps().first().map(|step| match &step.action {
            Action::Run(script) => script
                .text
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
                .join("; ")
                .replace(" >/dev/null", "")
                .replace(" || exit", ""),
            other => panic!("{other:?}"),
        });
        Ok(text.unwrap_or_default())
    }

    #[test]
    fn a_group_is_made_grows_and_goes() {
        let args = json!({ "vg": "data", "pvs": ["/dev/vdb", "/dev/disk/c"] });
        let devices = "d /dev/vdb\nd /dev/vdc\n";
        assert_eq!(
            run(args.clone(), devices).unwrap(),
            "pvcreate -f --yes /dev/vdb /dev/vdc; vgcreate -s 4m data /dev/vdb /dev/vdc"
        );
        let one = format!(
            "g 1\na yes\np /dev/vdb;data;200;100;10;50\np /dev/vdd;data;200;190;10;50\n{devices}"
        );
        assert_eq!(
            run(args.clone(), &one).unwrap(),
            "pvcreate -f --yes /dev/vdc; vgextend data /dev/vdc; vgreduce --force data /dev/vdd"
        );
        let both =
            format!("g 0\np /dev/vdb;data;200;100;10;50\np /dev/vdc;data;200;190;10;50\n{devices}");
        assert_eq!(run(args.clone(), &both).unwrap(), "");
        let grows = json!({ "vg": "data", "pvs": ["/dev/vdb", "/dev/vdc"], "pvresize": true });
        assert_eq!(run(grows, &both).unwrap(), "pvresize /dev/vdb");
        let gone = |force: bool| json!({ "vg": "data", "state": "absent", "force": force });
        assert_eq!(
            run(gone(false), "g 0\n").unwrap(),
            "vgremove --force --yes data"
        );
        assert!(run(gone(false), "g 2\n").unwrap_err().contains("2 volumes"));
        assert_eq!(run(gone(true), "").unwrap(), "");
    }

    #[test]
    fn its_volumes_can_be_used_or_not() {
        let args = |state: &str| json!({ "vg": "data", "state": state });
        assert_eq!(
            run(args("inactive"), "g 1\na yes\n").unwrap(),
            "vgchange --activate n data"
        );
        assert_eq!(run(args("active"), "g 1\na yes\n").unwrap(), "");
    }

    #[test]
    fn what_is_missing_or_taken_is_refused() {
        let args = json!({ "vg": "data", "pvs": ["/dev/vdb"] });
        assert!(
            run(args.clone(), "d \n")
                .unwrap_err()
                .contains("no device /dev/vdb")
        );
        let taken = "p /dev/vdb;other;1;1;1;1\nd /dev/vdb\n";
        assert!(
            run(args, taken)
                .unwrap_err()
                .contains("belongs to the volume group other")
        );
        assert!(
            run(json!({ "vg": "data" }), "")
                .unwrap_err()
                .contains("no volume group")
        );
        assert!(ready::<Lvg>("/".as_ref(), json!({ "vg": "a", "pesize": "x" })).is_err());
    }
}
