//! A partition of a disk, by `parted`.
//!
//! ```yaml
//! - parted: { device: /dev/vdb, number: 1, state: present, label: gpt, name: data, part_end: 100% }
//! ```
//!
//! A disk with partitions keeps its table: another `label` than it has is refused.

use super::tool::{says, work};
use super::unsupported::Unsupported;
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::quote;
use serde::Deserialize;
use serde_json::{Value, json};

/// `parted`
pub struct Parted;

/// What shall be so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Want {
    /// The partition is not there.
    Absent,
    /// It is there.
    Present,
    /// What is so: the task only tells it.
    #[default]
    Info,
}

/// The parameters of `parted`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // What is not supported is only named, so that it is refused.
pub struct Params {
    /// The disk.
    pub device: String,
    /// What shall be so.
    #[serde(default)]
    pub state: Want,
    /// The partition's number.
    #[serde(default)]
    pub number: Option<u32>,
    /// The table of a disk that has none: `msdos`, `gpt`.
    #[serde(default = "msdos")]
    pub label: String,
    /// With `label: msdos`: `primary`, `extended` or `logical`.
    #[serde(default = "primary")]
    pub part_type: String,
    /// Where it begins: `0%`, `10GiB`, `-1GiB` from the end.
    #[serde(default = "begin")]
    pub part_start: String,
    /// Where it ends.
    #[serde(default = "end")]
    pub part_end: String,
    /// Its name, where the table has names.
    #[serde(default)]
    pub name: Option<String>,
    /// Its flags, and no others: `lvm`, `boot`.
    #[serde(default)]
    pub flags: Option<Vec<String>>,
    /// The kind of file system for which a new one is marked; none is made.
    #[serde(default)]
    pub fs_type: Option<String>,
    /// How a new one is aligned.
    #[serde(default = "optimal")]
    pub align: String,
    /// In which unit is told: `KiB`, `MiB`, `GiB`, `s`.
    #[serde(default = "unit")]
    pub unit: String,
    /// Tell the unit as it is written, not in small letters.
    #[serde(default)]
    pub unit_preserve_case: bool,
    /// Not supported: what is on a partition must be resized with it.
    #[serde(default)]
    pub resize: Unsupported,
}

fn msdos() -> String {
    "msdos".into()
}

fn primary() -> String {
    "primary".into()
}

fn begin() -> String {
    "0%".into()
}

fn end() -> String {
    "100%".into()
}

fn optimal() -> String {
    "optimal".into()
}

fn unit() -> String {
    "KiB".into()
}

/// A partition as `parted -m` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    number: u32,
    begin: String,
    end: String,
    size: String,
    fs: String,
    name: String,
    flags: Vec<String>,
}

/// The disk as `parted -m` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// device, size, transport, logical and physical sector, table, model
    disk: Vec<String>,
    parts: Vec<Part>,
}

impl State {
    fn read(text: &str) -> Option<Self> {
        let mut state = Self::default();
        let lines = text.lines().map(|line| line.trim().trim_end_matches(';'));
        for line in lines.skip_while(|line| *line != "BYT").skip(1) {
            let words: Vec<&str> = line.split(':').collect();
            match &words[..] {
                [device, ..] if device.starts_with('/') => {
                    state.disk = words.iter().map(|word| (*word).to_owned()).collect();
                }
                [number, begin, end, size, fs, name, flags, ..] => state.parts.push(Part {
                    number: number.parse().ok()?,
                    begin: (*begin).to_owned(),
                    end: (*end).to_owned(),
                    size: (*size).to_owned(),
                    fs: (*fs).to_owned(),
                    name: (*name).to_owned(),
                    flags: flags
                        .split(',')
                        .map(|flag| flag.trim().to_owned())
                        .filter(|flag| !flag.is_empty())
                        .collect(),
                }),
                _ => {}
            }
        }
        (state.disk.len() > 5).then_some(state)
    }

    /// The same text.
    fn text(&self) -> String {
        let mut text = format!("BYT;\n{};\n", self.disk.join(":"));
        for part in &self.parts {
            let Part {
                number,
                begin,
                end,
                size,
                fs,
                name,
                flags,
            } = part;
            text += &format!(
                "{number}:{begin}:{end}:{size}:{fs}:{name}:{};\n",
                flags.join(", ")
            );
        }
        text
    }

    fn table(&self) -> &str {
        self.disk.get(5).map_or("unknown", String::as_str)
    }

    fn part(&self, number: u32) -> Option<&Part> {
        self.parts.iter().find(|part| part.number == number)
    }
}

impl Module for Parted {
    const NAME: &'static str = "parted";
    const COLLECTION: &'static str = "community.general";
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        if params.state != Want::Info && params.number.is_none() {
            return Err(Diag::error("`number` is missing: which partition"));
        }
        let units = [
            "s", "B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB", "%", "cyl", "chs",
            "compact",
        ];
        if !units.contains(&params.unit.as_str()) {
            return Err(
                Diag::error(format!("`unit: {}` is no unit of parted's", params.unit))
                    .help(units.join(", ")),
            );
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let device = quote(&params.device);
        let asked = Says {
            of: format!("partitions of {} in {}", params.device, params.unit),
            program: "parted",
            package: "parted",
            script: format!(
                "[ -e {device} ] || {{ echo 'there is no such device' >&2; exit 1; }}\nparted -s -m {device} -- unit {} print 2>/dev/null; :",
                quote(&params.unit)
            ),
        };
        let said = look.fact(asked).await?;
        State::read(&said).ok_or_else(|| {
            ProbeError::Failed(format!(
                "parted says nothing of {}: is it a disk?",
                params.device
            ))
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let Some(number) = params.number.filter(|_| params.state != Want::Info) else {
            return Ok(Plan::nothing());
        };
        let of = format!("partition {number} of {}", params.device);
        let (mut changes, mut words) = (Vec::new(), Vec::new());
        let mut then = state.clone();
        let part = state.part(number);
        if params.state == Want::Absent {
            if part.is_none() {
                return Ok(Plan::nothing());
            }
            changes.push(Change::new(Sign::Remove, &of));
            words.extend(["rm".to_owned(), number.to_string()]);
            then.parts.retain(|part| part.number != number);
        } else {
            if state.table() != params.label {
                if !state.parts.is_empty() {
                    let (device, table, label) = (&params.device, state.table(), &params.label);
                    return Err(format!(
                        "{device} has partitions in a table of the kind {table}, not {label}: say `label: {table}`, or take them away first"
                    ));
                }
                changes.push(Change::attribute(
                    &params.device,
                    "table",
                    Some(state.table().to_owned()),
                    Some(params.label.clone()),
                ));
                words.extend(["mklabel".to_owned(), params.label.clone()]);
                if let Some(table) = then.disk.get_mut(5) {
                    params.label.clone_into(table);
                }
            }
            if part.is_none() {
                changes.push(Change::new(Sign::Add, &of));
                words.extend(["mkpart".to_owned(), params.part_type.clone()]);
                words.extend(params.fs_type.clone());
                words.extend([params.part_start.clone(), params.part_end.clone()]);
                let new = String::new;
                then.parts.push(Part {
                    number,
                    begin: new(),
                    end: new(),
                    size: new(),
                    fs: new(),
                    name: new(),
                    flags: Vec::new(),
                });
            }
            let now = then.parts.iter_mut().find(|part| part.number == number);
            let Some(now) = now else {
                return Ok(Plan::nothing());
            };
            if let Some(name) = params.name.as_ref().filter(|name| **name != now.name) {
                changes.push(Change::attribute(
                    &of,
                    "name",
                    Some(now.name.clone()),
                    Some(name.clone()),
                ));
                words.extend(["name".to_owned(), number.to_string(), format!("'{name}'")]);
                name.clone_into(&mut now.name);
            }
            if let Some(flags) = &params.flags {
                let on = flags
                    .iter()
                    .filter(|flag| !now.flags.contains(flag))
                    .map(|flag| (flag, "on"));
                let off = now
                    .flags
                    .iter()
                    .filter(|flag| !flags.contains(flag))
                    .map(|flag| (flag, "off"));
                let all: Vec<(String, &str)> =
                    on.chain(off).map(|(flag, to)| (flag.clone(), to)).collect();
                for (flag, to) in all {
                    changes.push(Change::attribute(
                        &of,
                        format!("flag {flag}"),
                        None,
                        Some(to.to_owned()),
                    ));
                    words.extend(["set".to_owned(), number.to_string(), flag, to.to_owned()]);
                }
                flags.clone_into(&mut now.flags);
            }
        }
        if words.is_empty() {
            return Ok(Plan::nothing());
        }
        let align = match params.align.as_str() {
            "undefined" => String::new(),
            align => format!(" -a {}", quote(align)),
        };
        let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let text = format!(
            "parted -s{align} {} -- unit {} {} >/dev/null",
            quote(&params.device),
            quote(&params.unit),
            words.join(" ")
        );
        let about = format!("partitions of {} in {}", params.device, params.unit);
        Ok(Plan::Converge {
            changes,
            steps: vec![work(format!("change {of}"), &text).making(says(&about, then.text()))],
        })
    }

    fn result(
        Course {
            ready: params,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let state = after.unwrap_or(before);
        let unit = if params.unit_preserve_case {
            params.unit.clone()
        } else {
            params.unit.to_lowercase()
        };
        let number = |text: &str| {
            let digits: String = text
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            digits.parse::<f64>().map_or(Value::Null, Value::from)
        };
        let word = |at: usize| state.disk.get(at).cloned().unwrap_or_default();
        let disk = json!({
            "dev": word(0), "size": number(&word(1)), "logical_block": number(&word(3)),
            "physical_block": number(&word(4)), "table": word(5), "model": word(6), "unit": unit,
        });
        let parts: Vec<Value> = state.parts.iter().map(|part| json!({
            "num": part.number, "begin": number(&part.begin), "end": number(&part.end), "size": number(&part.size),
            "fstype": part.fs, "name": part.name, "flags": part.flags, "unit": unit,
        })).collect();
        let result = TaskResult::of(plan, ran)
            .with("disk", disk)
            .with("partitions", parts);
        if ran.is_empty() && plan.is_change() {
            return result.partial();
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Foreseen;
    use crate::modules::trial::{foretold, left, planned, ready};
    use crate::step::Action;

    const GPT: &str = "BYT;\n/dev/vdb:20971520KiB:virtblk:512:512:gpt:Virtio Block Device:;\n1:1024KiB:1048576KiB:1047552KiB:ext4:data:lvm, boot;\n";
    const NONE: &str = "BYT;\n/dev/vdb:20971520KiB:virtblk:512:512:unknown:Virtio Block Device:;\n";

    fn run(args: Value, said: &str) -> Result<String, String> {
        let answers = [("parted", said)];
        let plan = planned::<Parted>(args.clone(), &answers)?;
        assert!(!left::<Parted>(args, &answers)?.is_change());
        let text = plan.steps().first().map(|step| match &step.action {
            Action::Run(script) => script
                .text
                .lines()
                .last()
                .unwrap_or_default()
                .replace(" >/dev/null", ""),
            other => panic!("{other:?}"),
        });
        Ok(text.unwrap_or_default())
    }

    #[test]
    fn a_partition_is_made_named_and_taken_away() {
        let args = json!({ "device": "/dev/vdb", "number": 1, "state": "present", "label": "gpt", "name": "a b", "flags": ["lvm"] });
        assert_eq!(
            run(args, NONE).unwrap(),
            "parted -s -a optimal /dev/vdb -- unit KiB mklabel gpt mkpart primary 0% 100% name 1 ''\\''a b'\\''' set 1 lvm on"
        );
        let same = json!({ "device": "/dev/vdb", "number": 1, "state": "present", "label": "gpt", "name": "data" });
        assert_eq!(run(same, GPT).unwrap(), "");
        let flags = json!({ "device": "/dev/vdb", "number": 1, "state": "present", "label": "gpt", "flags": ["lvm"], "align": "undefined" });
        assert_eq!(
            run(flags, GPT).unwrap(),
            "parted -s /dev/vdb -- unit KiB set 1 boot off"
        );
        let gone = json!({ "device": "/dev/vdb", "number": 1, "state": "absent" });
        assert_eq!(
            run(gone.clone(), GPT).unwrap(),
            "parted -s -a optimal /dev/vdb -- unit KiB rm 1"
        );
        assert_eq!(run(gone, NONE).unwrap(), "");
    }

    #[test]
    fn a_table_with_partitions_stays() {
        let args = json!({ "device": "/dev/vdb", "number": 2, "state": "present" });
        assert!(run(args, GPT).unwrap_err().contains("has partitions"));
        assert!(
            ready::<Parted>(
                "/".as_ref(),
                json!({ "device": "/dev/vdb", "state": "absent" })
            )
            .is_err()
        );
    }

    #[test]
    fn a_disk_is_told() {
        let args = json!({ "device": "/dev/vdb", "unit": "KiB" });
        let (_, result) =
            foretold::<Parted>(args, &[("parted", GPT)], &mut Foreseen::default()).unwrap();
        assert_eq!(result.values["disk"]["table"], "gpt");
        assert_eq!(result.values["partitions"][0]["end"], 1_048_576.0);
        assert_eq!(
            result.values["partitions"][0]["flags"],
            json!(["lvm", "boot"])
        );
    }
}
