//! A logical volume of LVM.
//!
//! ```yaml
//! - lvol: { vg: data, lv: postgresql, size: 20g }
//! - lvol: { vg: data, lv: backup, size: 100%FREE }
//! ```
//!
//! A volume shrinks and goes only by `force`: what it holds is lost.

use super::defaults::yes;
use super::presence::Presence;
use super::tool::{says, work};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, Says};
use crate::step::{Effect, quote};
use serde::Deserialize;

/// `lvol`
pub struct Lvol;

/// The parameters of `lvol`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // They are Ansible's.
pub struct Params {
    /// The volume group.
    pub vg: String,
    /// The volume; with `snapshot` what that is of.
    #[serde(default)]
    pub lv: Option<String>,
    /// Its size: `512` (megabytes), `20g`, `50%VG`, `100%FREE`; with a `+` or `-` before it by how much it
    /// grows or shrinks.
    #[serde(default)]
    pub size: Option<String>,
    /// Whether it is there.
    #[serde(default)]
    pub state: Presence,
    /// Whether it can be used.
    #[serde(default = "yes")]
    pub active: bool,
    /// Let it shrink or go, with what it holds.
    #[serde(default)]
    pub force: bool,
    /// Options of `lvcreate`.
    #[serde(default)]
    pub opts: Option<String>,
    /// The name of a snapshot of the volume.
    #[serde(default)]
    pub snapshot: Option<String>,
    /// The devices on which it is.
    #[serde(default)]
    pub pvs: Vec<String>,
    /// The pool of which it takes only what it needs; without `lv` the pool itself.
    #[serde(default)]
    pub thinpool: Option<String>,
    /// Let it shrink where it is larger.
    #[serde(default = "yes")]
    pub shrink: bool,
    /// Let the file system on it grow and shrink with it.
    #[serde(default)]
    pub resizefs: bool,
}

/// Of what a percentage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    Group,
    Free,
    Origin,
}

/// A size as it is asked for.
#[derive(Clone, Debug, PartialEq)]
enum Size {
    Bytes(f64),
    Percent(f64, Whole),
}

/// The task, read.
#[derive(Clone, Debug)]
pub struct Ready {
    params: Params,
    /// `+`, `-` or none, the size, and its words for LVM.
    size: Option<(Option<char>, Size, String)>,
    opts: String,
    /// The volume that is made.
    name: String,
}

/// A volume.
#[derive(Clone, Debug, PartialEq)]
struct Volume {
    name: String,
    size: f64,
    active: bool,
}

/// What LVM says, in bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The group's size, what is free of it, its extent; `None` where there is no such group.
    group: Option<[f64; 3]>,
    volumes: Vec<Volume>,
}

impl State {
    fn read(text: &str) -> Self {
        let mut state = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(';').map(str::trim).collect();
            match words[..] {
                ["g", size, free, extent] => {
                    let numbers = [size, free, extent].map(|word| word.parse().unwrap_or(0.0));
                    state.group = Some(numbers);
                }
                ["v", name, size, attributes] => state.volumes.push(Volume {
                    name: name.trim_matches(['[', ']']).to_owned(),
                    size: size.parse().unwrap_or(0.0),
                    active: attributes.chars().nth(4) == Some('a'),
                }),
                _ => {}
            }
        }
        state
    }

    fn text(&self) -> String {
        let group = self
            .group
            .map(|[size, free, extent]| format!("g;{size};{free};{extent}\n"));
        let volume = |volume: &Volume| {
            let attributes = if volume.active {
                "-wi-a-----"
            } else {
                "-wi-------"
            };
            format!("v;{};{};{attributes}\n", volume.name, volume.size)
        };
        group.unwrap_or_default() + &self.volumes.iter().map(volume).collect::<String>()
    }
}

impl Size {
    /// Reads `[+-]20g`, `[+-]50%VG`.
    fn read(text: &str) -> Result<(Option<char>, Self, String), String> {
        let wrong = || format!("`size: {text}` is no size: it is written as 512, 20g or 50%VG");
        let sign = text.chars().next().filter(|c| "+-".contains(*c));
        let rest = text.trim_start_matches(['+', '-']);
        if !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(wrong());
        }
        if let Some((number, whole)) = rest.split_once('%') {
            let whole = match whole {
                "VG" | "PVS" => Whole::Group,
                "FREE" => Whole::Free,
                "ORIGIN" => Whole::Origin,
                _ => {
                    return Err(format!(
                        "`size: {text}`: a percentage is of VG, PVS, FREE or ORIGIN"
                    ));
                }
            };
            let number = number.parse().map_err(|_| wrong())?;
            return match number {
                0.0..=100.0 => Ok((sign, Self::Percent(number, whole), rest.to_owned())),
                _ => Err(format!("`size: {text}` is more than all")),
            };
        }
        let unit = rest.chars().last().filter(char::is_ascii_alphabetic);
        let number: f64 = rest
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse()
            .map_err(|_| wrong())?;
        // Capital letters count in thousands.
        let bytes = |power: i32, capital: bool| {
            if capital {
                1000_f64.powi(power)
            } else {
                1024_f64.powi(power)
            }
        };
        let unit = unit.unwrap_or('m');
        let capital = unit.is_ascii_uppercase();
        let factor = match unit.to_ascii_lowercase() {
            'b' => 1.0,
            's' => 512.0,
            'k' => bytes(1, capital),
            'm' => bytes(2, capital),
            'g' => bytes(3, capital),
            't' => bytes(4, capital),
            'p' => bytes(5, capital),
            'e' => bytes(6, capital),
            _ => return Err(wrong()),
        };
        let words = if rest.ends_with(|c: char| c.is_ascii_alphabetic()) {
            rest.to_owned()
        } else {
            format!("{rest}m")
        };
        Ok((sign, Self::Bytes(number * factor), words))
    }

    fn flag(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "-L",
            Self::Percent(..) => "-l",
        }
    }
}

impl Ready {
    fn of(&self) -> String {
        format!("volume {}/{}", self.params.vg, self.name)
    }

    /// How large it shall be in whole extents, where it is `now`.
    fn wanted(&self, now: f64, [all, free, extent]: [f64; 3]) -> Option<f64> {
        let (sign, size, _) = self.size.as_ref()?;
        let part = match size {
            Size::Bytes(bytes) => *bytes,
            Size::Percent(percent, Whole::Free) => percent * free / 100.0,
            Size::Percent(percent, _) => percent * all / 100.0,
        };
        let wanted = match sign {
            Some('+') => now + part,
            Some(_) => now - part,
            None => part,
        };
        let extents = wanted / extent.max(1.0);
        // LVM rounds sizes up, and percentages down.
        let extents = if matches!(size, Size::Bytes(_)) {
            extents.ceil()
        } else {
            extents.floor()
        };
        Some(extents * extent.max(1.0))
    }

    /// The command that makes it.
    fn create(&self) -> String {
        let Params {
            vg,
            lv,
            pvs,
            thinpool,
            snapshot,
            ..
        } = &self.params;
        let size = self
            .size
            .as_ref()
            .map(|(_, size, words)| format!(" {} {}", size.flag(), quote(words)));
        let size = size.unwrap_or_default();
        let name = quote(&self.name);
        let pvs: String = pvs.iter().map(|path| format!(" {}", quote(path))).collect();
        let opts = &self.opts;
        match (snapshot, thinpool, lv) {
            (Some(_), _, Some(lv)) => format!(
                "lvcreate --yes{size} -s -n {name}{opts} {}",
                quote(&format!("{vg}/{lv}"))
            ),
            (_, Some(pool), Some(_)) => {
                let size = size.replacen(" -L", " -V", 1);
                format!(
                    "lvcreate --yes -n {name}{size}{opts} -T {}",
                    quote(&format!("{vg}/{pool}"))
                )
            }
            (_, Some(pool), None) => format!(
                "lvcreate --yes{size}{opts} -T {}{pvs}",
                quote(&format!("{vg}/{pool}"))
            ),
            _ => format!("lvcreate --yes -n {name}{size}{opts} {}{pvs}", quote(vg)),
        }
    }
}

impl Module for Lvol {
    const NAME: &'static str = "lvol";
    const COLLECTION: &'static str = "community.general";
    type Params = Params;
    type Ready = Ready;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        let name = params
            .snapshot
            .as_ref()
            .or(params.lv.as_ref())
            .or(params.thinpool.as_ref());
        let Some(name) = name.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()) else {
            return Err(Diag::error(
                "`lv` is missing: the volume (or `thinpool`, a pool)",
            ));
        };
        if params.snapshot.is_some() && params.lv.is_none() {
            return Err(Diag::error("`snapshot` needs `lv`: what it is of"));
        }
        let size = params.size.as_deref().filter(|size| !size.is_empty());
        let size = size.map(Size::read).transpose().map_err(Diag::error)?;
        let percent = |whole| matches!(&size, Some((_, Size::Percent(_, of), _)) if *of == whole);
        if percent(Whole::Origin) && params.snapshot.is_none() {
            return Err(Diag::error("a percentage of ORIGIN is for a `snapshot`"));
        }
        let text = params.opts.as_deref().unwrap_or_default();
        let words = shlex::split(text).ok_or_else(|| {
            Diag::error(format!("`opts: {text}` has a quote that is never closed"))
        })?;
        let opts = words
            .iter()
            .map(|word| format!(" {}", quote(word)))
            .collect();
        Ok(Ready {
            params,
            size,
            opts,
            name,
        })
    }

    async fn probe(ready: &Ready, look: &Look) -> Result<State, ProbeError> {
        let vg = quote(&ready.params.vg);
        let asked = Says {
            of: ready.of(),
            program: "lvs",
            package: "lvm2",
            script: format!(
                "vgs --noheadings --nosuffix --units b --separator ';' -o vg_size,vg_free,vg_extent_size {vg} 2>/dev/null | while read -r l; do echo \"g;$l\"; done\n\
                 lvs -a --noheadings --nosuffix --units b --separator ';' -o lv_name,lv_size,lv_attr {vg} 2>/dev/null | while read -r l; do echo \"v;$l\"; done; :"
            ),
        };
        Ok(State::read(&look.fact(asked).await?))
    }

    fn plan(ready: &Ready, state: &State) -> Result<Plan, String> {
        let (params, of) = (&ready.params, ready.of());
        let path = quote(&format!("{}/{}", params.vg, ready.name));
        let now = state
            .volumes
            .iter()
            .find(|volume| volume.name == ready.name);
        if params.state == Presence::Absent {
            return match now {
                None => Ok(Plan::nothing()),
                Some(_) if !params.force => Err(format!(
                    "the {of} holds something: `force: true` takes it away with that"
                )),
                Some(_) => {
                    let step = work(
                        format!("remove {of}"),
                        &format!("lvremove --force --yes {path} >/dev/null"),
                    );
                    Ok(Plan::Converge {
                        changes: vec![Change::new(Sign::Remove, &of)],
                        steps: vec![step.making([Effect::Says(of, None)])],
                    })
                }
            };
        }
        let Some(group) = state.group else {
            return Err(format!(
                "there is no volume group {}: `lvg` makes one",
                params.vg
            ));
        };
        let mut then = state.clone();
        let (mut changes, mut text) = (Vec::new(), Vec::new());
        let mut acts = false;
        let size = |bytes: f64| format!("{bytes} bytes");
        match now {
            None => {
                let sign = ready.size.as_ref().and_then(|(sign, ..)| *sign);
                if sign == Some('-') || (ready.size.is_none() && params.snapshot.is_none()) {
                    return Err(format!("there is no {of}: say its `size`"));
                }
                let bytes = ready.wanted(0.0, group).unwrap_or(0.0);
                changes.push(Change::attribute(&of, "size", None, Some(size(bytes))));
                if let Some(change) = changes.last_mut() {
                    change.sign = Sign::Add;
                }
                text.push(format!("{} >/dev/null", ready.create()));
                then.volumes.push(Volume {
                    name: ready.name.clone(),
                    size: bytes,
                    active: true,
                });
            }
            Some(volume) => {
                let (sign, of_free) = match &ready.size {
                    Some((sign, Size::Percent(_, Whole::Free), _)) => (*sign, true),
                    Some((sign, ..)) => (*sign, false),
                    None => (None, false),
                };
                acts = sign.is_some();
                let wanted = ready.wanted(volume.size, group).unwrap_or(volume.size);
                let words = ready.size.as_ref().map(|(sign, size, words)| {
                    let sign = sign.map(String::from).unwrap_or_default();
                    format!("{} {}", size.flag(), quote(&(sign + words)))
                });
                let words = words.unwrap_or_default();
                let fs = if params.resizefs { "--resizefs " } else { "" };
                let pvs: String = params
                    .pvs
                    .iter()
                    .map(|path| format!(" {}", quote(path)))
                    .collect();
                let grows = wanted > volume.size;
                let shrinks =
                    wanted + group[2] < volume.size && (params.shrink || sign == Some('-'));
                // What is free now says nothing of a volume that took all there was.
                if (grows || shrinks) && !(of_free && sign.is_none() && shrinks) {
                    if shrinks && !params.force {
                        return Err(format!(
                            "the {of} would shrink from {} to {}: `force: true` lets it, and `shrink: false` leaves it",
                            size(volume.size),
                            size(wanted)
                        ));
                    }
                    if grows && group[1] < wanted - volume.size {
                        return Err(format!(
                            "the volume group {} has {} free, and {of} would need {} more",
                            params.vg,
                            size(group[1]),
                            size(wanted - volume.size)
                        ));
                    }
                    changes.push(Change::attribute(
                        &of,
                        "size",
                        Some(size(volume.size)),
                        Some(size(wanted)),
                    ));
                    text.push(if grows {
                        format!("lvextend {fs}{words} {path}{pvs} >/dev/null")
                    } else {
                        format!("lvreduce --force --yes {fs}{words} {path} >/dev/null")
                    });
                    let grown = then.volumes.iter_mut().find(|one| one.name == ready.name);
                    if let Some(one) = grown {
                        one.size = wanted;
                    }
                }
                if volume.active != params.active {
                    let word = |active| if active { "active" } else { "inactive" }.to_owned();
                    changes.push(Change::attribute(
                        &of,
                        "state",
                        Some(word(volume.active)),
                        Some(word(params.active)),
                    ));
                    text.push(format!(
                        "lvchange -a{} {path} >/dev/null",
                        if params.active { "y" } else { "n" }
                    ));
                    let one = then.volumes.iter_mut().find(|one| one.name == ready.name);
                    if let Some(one) = one {
                        one.active = params.active;
                    }
                }
            }
        }
        if changes.is_empty() {
            return Ok(Plan::nothing());
        }
        let step = work(format!("set {of}"), &text.join(" || exit\n"));
        let steps = vec![step.making(says(&of, then.text()))];
        Ok(if acts {
            Plan::Act { changes, steps }
        } else {
            Plan::Converge { changes, steps }
        })
    }

    fn result(
        Course {
            ready,
            before,
            after,
            plan,
            ran,
        }: Course<'_, Self>,
    ) -> TaskResult {
        let state = after.unwrap_or(before);
        let size = state
            .volumes
            .iter()
            .find(|volume| volume.name == ready.name)
            .map(|volume| volume.size);
        TaskResult::of(plan, ran)
            .with("vg", ready.params.vg.clone())
            .with("lv", ready.name.clone())
            .with("size", size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use crate::step::Action;
    use serde_json::{Value, json};

    const MB: u64 = 1 << 20;

    fn said(volumes: &[(&str, u64, &str)], free: u64) -> String {
        let lines = volumes
            .iter()
            .map(|(name, size, attributes)| format!("v;{name};{};{attributes}\n", size * MB));
        format!("g;{};{};{}\n", 1000 * MB, free * MB, 4 * MB) + &lines.collect::<String>()
    }

    fn run(args: Value, said: &str) -> Result<String, String> {
        let answers = [("lv_attr", said)];
        let plan = planned::<Lvol>(args.clone(), &answers)?;
        if matches!(plan, Plan::Converge { .. }) {
            assert!(!left::<Lvol>(args, &answers)?.is_change());
        }
        let text = plan.steps().first().map(|step| match &step.action {
            Action::Run(script) => script
                .text
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
                .join("; ")
                .replace(" >/dev/null", ""),
            other => panic!("{other:?}"),
        });
        Ok(text.unwrap_or_default())
    }

    #[test]
    fn a_volume_is_made_of_any_size() {
        let none = said(&[], 1000);
        let args = |size: &str| json!({ "vg": "data", "lv": "a", "size": size, "opts": "-i 2" });
        assert_eq!(
            run(args("512"), &none).unwrap(),
            "lvcreate --yes -n a -L 512m -i 2 data"
        );
        assert_eq!(
            run(args("50%VG"), &none).unwrap(),
            "lvcreate --yes -n a -l 50%VG -i 2 data"
        );
        let thin = json!({ "vg": "data", "lv": "a", "size": "2g", "thinpool": "pool" });
        assert_eq!(
            run(thin, &none).unwrap(),
            "lvcreate --yes -n a -V 2g -T data/pool"
        );
        let copy = json!({ "vg": "data", "lv": "a", "size": "20%ORIGIN", "snapshot": "b" });
        assert_eq!(
            run(copy, &none).unwrap(),
            "lvcreate --yes -l 20%ORIGIN -s -n b data/a"
        );
        assert!(
            run(json!({ "vg": "data", "lv": "a" }), &none)
                .unwrap_err()
                .contains("`size`")
        );
        assert!(run(args("1g"), "").unwrap_err().contains("no volume group"));
    }

    #[test]
    fn a_volume_grows_and_shrinks_only_by_force() {
        let there = said(&[("a", 512, "-wi-a-----")], 400);
        let args = |size: &str, force: bool| json!({ "vg": "data", "lv": "a", "size": size, "force": force, "resizefs": true });
        assert_eq!(run(args("512m", false), &there).unwrap(), "");
        assert_eq!(
            run(args("600", false), &there).unwrap(),
            "lvextend --resizefs -L 600m data/a"
        );
        assert_eq!(
            run(args("+100%FREE", false), &there).unwrap(),
            "lvextend --resizefs -l +100%FREE data/a"
        );
        assert!(run(args("2g", false), &there).unwrap_err().contains("free"));
        assert!(
            run(args("100", false), &there)
                .unwrap_err()
                .contains("`force: true`")
        );
        assert_eq!(
            run(args("100", true), &there).unwrap(),
            "lvreduce --force --yes --resizefs -L 100m data/a"
        );
        assert_eq!(run(args("100%FREE", false), &there).unwrap(), "");
    }

    #[test]
    fn a_volume_goes_only_by_force_and_can_be_switched_off() {
        let there = said(&[("a", 512, "-wi-a-----")], 400);
        let gone =
            |force: bool| json!({ "vg": "data", "lv": "a", "state": "absent", "force": force });
        assert!(run(gone(false), &there).is_err());
        assert_eq!(
            run(gone(true), &there).unwrap(),
            "lvremove --force --yes data/a"
        );
        assert_eq!(run(gone(false), "").unwrap(), "");
        let off = json!({ "vg": "data", "lv": "a", "active": false });
        assert_eq!(run(off, &there).unwrap(), "lvchange -an data/a");
    }

    #[test]
    fn what_is_no_size_is_refused() {
        let refused = |size: &str| {
            ready::<Lvol>("/".as_ref(), json!({ "vg": "v", "lv": "l", "size": size })).is_err()
        };
        assert!(
            refused("x")
                && refused("10%ALL")
                && refused("120%VG")
                && refused("10%ORIGIN")
                && refused("5q")
        );
        assert!(!refused("1.5g"));
    }
}
