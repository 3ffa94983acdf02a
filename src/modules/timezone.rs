//! The host's time zone.
//!
//! ```yaml
//! - timezone: { name: Europe/Vienna }
//! ```
//!
//! `/etc/localtime` is a link to the zone, as systemd wants it; `/etc/timezone` follows where the host
//! has that file. What runs already reads its zone when it is started again: notify a handler for it.

use super::edited::Edited;
use super::placed::{Placing, act};
use super::tool::work;
use super::{Change, Controller, Module, Plan};
use crate::diag::Diag;
use crate::facts::{File, FileAt, Kind, Look, ProbeError, found, seen};
use crate::step::pinned;
use serde::Deserialize;

/// `timezone`
pub struct Timezone;

/// What the clock in the hardware tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
pub enum Clock {
    /// The time of the host's zone.
    #[serde(rename = "local")]
    Local,
    /// UTC.
    #[serde(rename = "UTC")]
    Utc,
}

impl Clock {
    /// The word of `/etc/adjtime`.
    fn word(self) -> &'static str {
        match self {
            Self::Local => "LOCAL",
            Self::Utc => "UTC",
        }
    }
}

/// The parameters of `timezone`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The zone: `Europe/Vienna`.
    #[serde(default)]
    pub name: Option<String>,
    /// What the clock in the hardware tells.
    #[serde(default)]
    pub hwclock: Option<Clock>,
}

const LOCALTIME: &str = "/etc/localtime";
const ZONES: &str = "/usr/share/zoneinfo/";

/// What is so.
pub struct State {
    /// `/etc/localtime`
    link: Option<File>,
    /// The zone's file.
    zone: Option<File>,
    /// `/etc/timezone`
    name: Edited,
    /// `/etc/adjtime`
    adjtime: Edited,
}

impl State {
    /// The zone that the host has.
    fn now(&self) -> String {
        let target = self.link.as_ref().and_then(|link| link.target.as_deref());
        match (
            target.and_then(|target| target.split_once("zoneinfo/")),
            &self.name.text,
        ) {
            (Some((_, zone)), _) => zone.to_owned(),
            (None, Some(text)) => text.trim().to_owned(),
            (None, None) => "UTC".to_owned(),
        }
    }

    fn clock(&self) -> &str {
        let text = self.adjtime.text.as_deref().unwrap_or_default();
        text.lines().nth(2).map_or("UTC", str::trim)
    }
}

impl Module for Timezone {
    const NAME: &'static str = "timezone";
    const COLLECTION: &'static str = "community.general";
    const ALIASES: &'static [(&'static str, &'static str)] = &[("rtc", "hwclock")];
    type Params = Params;
    type Ready = Params;
    type State = State;

    fn prepare(params: Params, _: &dyn Controller) -> Result<Params, Diag> {
        let Some(name) = &params.name else {
            return match params.hwclock {
                Some(_) => Ok(params),
                None => Err(Diag::error("`name` or `hwclock` is missing")),
            };
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || "_+-/".contains(c);
        if name.is_empty() || !name.chars().all(fits) || name.starts_with('/') {
            return Err(Diag::error(format!("`{name}` is no name of a time zone"))
                .help("it is written as Europe/Vienna or UTC"));
        }
        Ok(params)
    }

    async fn probe(params: &Params, look: &Look) -> Result<State, ProbeError> {
        let at = |path: String, follow| FileAt {
            path,
            follow,
            hash: false,
        };
        let zone = params.name.clone().unwrap_or_else(|| "UTC".to_owned());
        let ((link, _), zone, name, adjtime) = futures::try_join!(
            found(look, at(LOCALTIME.to_owned(), false)),
            seen(look, at(format!("{ZONES}{zone}"), true)),
            Edited::look(look, "/etc/timezone"),
            Edited::look(look, "/etc/adjtime"),
        )?;
        Ok(State {
            link,
            zone,
            name,
            adjtime,
        })
    }

    fn plan(params: &Params, state: &State) -> Result<Plan, String> {
        let (mut changes, mut steps) = (Vec::new(), Vec::new());
        if let Some(zone) = &params.name {
            if state
                .zone
                .as_ref()
                .is_none_or(|file| file.kind != Kind::File)
            {
                return Err(format!(
                    "the host knows no time zone {zone}: there is no {ZONES}{zone} (the package tzdata brings them)"
                ));
            }
            let now = state.now();
            let linked = state.link.as_ref().is_some_and(|link| {
                let to = link.target.as_deref().unwrap_or_default();
                to.trim_start_matches("..") == format!("{ZONES}{zone}")
            });
            let text = state.name.text.as_ref();
            let told = text.is_none_or(|text| text.trim() == zone);
            if !linked || !told {
                changes.push(Change::attribute(
                    "time zone",
                    "name",
                    Some(now),
                    Some(zone.clone()),
                ));
            }
            if !linked {
                let target = format!("{ZONES}{zone}");
                let lines = pinned::make_link(LOCALTIME, &target, "");
                steps.push(act(format!("set the time zone {zone}"), &lines));
            }
            if !told {
                let (_, put) = state.name.plan(&format!("{zone}\n"), &Placing::default())?;
                steps.extend(put);
            }
        }
        if let Some(clock) = params.hwclock.filter(|clock| clock.word() != state.clock()) {
            let word = clock.word();
            changes.push(Change::attribute(
                "hardware clock",
                "tells",
                Some(state.clock().to_owned()),
                Some(word.to_owned()),
            ));
            let text = state.adjtime.text.as_deref().unwrap_or_default();
            let mut lines: Vec<&str> = text.lines().take(2).collect();
            for usual in ["0.0 0 0.0", "0"].into_iter().skip(lines.len()) {
                lines.push(usual);
            }
            lines.push(word);
            let (_, put) = state
                .adjtime
                .plan(&(lines.join("\n") + "\n"), &Placing::default())?;
            steps.extend(put);
            let set = "[ -e /dev/rtc0 ] || [ -e /dev/rtc ] || exit 0\ncommand -v hwclock >/dev/null || exit 0\nhwclock --systohc";
            steps.push(work("write the hardware clock", set));
        }
        Ok(Plan::Converge { changes, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::trial::{left, planned, ready};
    use serde_json::{Value, json};

    const LINK: &str = "a1ff 0 0 root root 27 1 2 3 77 5 1\n";
    const ZONE: &str = "81a4 0 0 root root 100 1 2 3 78 5 1\n";

    fn answers<'a>(link: &'a str, zone: &'a str) -> [(&'static str, &'a str); 5] {
        [
            ("echo \"large", "absent\n"),
            ("/etc/localtime", link),
            ("zoneinfo", zone),
            ("/etc/timezone", ""),
            ("/etc/adjtime", ""),
        ]
    }

    fn told(args: Value, link: &str, zone: &str) -> Result<usize, String> {
        let link = format!("{LINK}{link}");
        let said = answers(&link, zone);
        assert!(!left::<Timezone>(args.clone(), &said)?.is_change());
        Ok(planned::<Timezone>(args, &said)?.changes().len())
    }

    #[test]
    fn a_zone_that_is_not_there_is_refused() {
        let said = answers("", "");
        let why = planned::<Timezone>(json!({ "name": "Europe/Nowhere" }), &said).unwrap_err();
        assert!(why.contains("tzdata"), "{why}");
        let refused = ready::<Timezone>("/".as_ref(), json!({ "name": "../../etc/passwd" }));
        assert!(refused.is_err());
        assert!(ready::<Timezone>("/".as_ref(), json!({})).is_err());
    }

    #[test]
    fn a_zone_is_set_once() {
        let args = json!({ "name": "Europe/Vienna" });
        let to = |zone: &str| {
            let path = format!("/usr/share/zoneinfo/{zone}");
            told(args.clone(), &format!("target {path}\nreal {path}\n"), ZONE)
        };
        assert_eq!(to("UTC"), Ok(1));
        assert_eq!(to("Europe/Vienna"), Ok(0));
    }
}
