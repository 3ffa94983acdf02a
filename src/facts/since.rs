//! Since when something is as it is, and who made it so, as far as the host knows: from change times,
//! systemd, the journal, dpkg's and apt's logs, and PostgreSQL.

use super::psql::{Login, row};
use super::sql::literal;
use super::{Ask, Foreseen, Freshness, ProbeError, Question};
use crate::step::{Effect, Output, Pg, PgServer, Script, UnitScope, quote};
use serde::Deserialize;

/// How many matters are asked about for one task: a copied folder may have thousands.
const MOST: usize = 20;

/// Since when are these as they are?
#[derive(Clone, Debug)]
pub struct Since {
    of: Vec<Matter>,
}

/// What it is asked about: its name in the words of changes, and the function that tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Matter {
    name: String,
    call: String,
}

/// What a host knows of one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its name: a path, or that of a unit, a package, a user, a group, a parameter.
    pub name: String,
    /// Since when, in seconds since 1970; `None` where only something beside it is known.
    pub at: Option<i64>,
    /// What is so since then, and by whom.
    pub how: String,
}

impl Since {
    /// What these effects would change, where a host may know of it; `None` where of none.
    pub fn of(effects: &[Effect]) -> Option<Self> {
        let mut of: Vec<Matter> = Vec::new();
        for matter in effects.iter().filter_map(Matter::of) {
            if of.len() < MOST && !of.contains(&matter) {
                of.push(matter);
            }
        }
        (!of.is_empty()).then_some(Self { of })
    }
}

impl Matter {
    fn of(effect: &Effect) -> Option<Self> {
        let (name, call) = match effect {
            Effect::Path(path, _) => (path, "path"),
            Effect::Unit(name, UnitScope::System, unit) if unit.active.is_some() => (name, "runs"),
            Effect::Unit(name, UnitScope::System, _) => (name, "enabled"),
            Effect::Package(name, _) => (name, "package"),
            Effect::User(name, _) | Effect::Group(name, _) => (name, "account"),
            _ => return None,
        };
        Some(Self {
            name: name.clone(),
            call: format!("{call} {}", quote(name)),
        })
    }
}

impl Question for Since {
    type Answer = Vec<Touched>;

    fn ask(&self) -> Ask {
        let mut text = include_str!("since.sh").to_owned();
        for (at, matter) in self.of.iter().enumerate() {
            text.push_str(&format!("n={at} && {}\n", matter.call));
        }
        // What a host does not tell is not known: that is no failure.
        text.push_str("true\n");
        Ask::Shell {
            script: Script::new(text),
            freshness: Freshness::Live,
            slow: true,
        }
    }

    fn read(&self, output: &Output) -> Result<Vec<Touched>, ProbeError> {
        let mut all: Vec<Touched> = Vec::new();
        for line in output.out().lines() {
            let mut words = line.splitn(3, '\t');
            let number = words.next().and_then(|word| word.parse::<usize>().ok());
            let (Some(matter), Some(at), Some(how)) = (
                number.and_then(|n| self.of.get(n)),
                words.next(),
                words.next(),
            ) else {
                continue;
            };
            match all.last_mut() {
                Some(last) if last.name == matter.name => {
                    last.how.push_str("; ");
                    last.how.push_str(how);
                }
                _ => all.push(Touched {
                    name: matter.name.clone(),
                    at: at.parse().ok(),
                    how: how.to_owned(),
                }),
            }
        }
        Ok(all)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        // What is so now has a past; what is pending has none.
        now
    }
}

/// Since when has the host's own PostgreSQL this value of a parameter, and from where?
#[derive(Clone, Debug)]
pub struct SettingSince {
    port: u16,
    name: String,
}

impl SettingSince {
    /// The first parameter that these effects would change.
    pub fn of(effects: &[Effect]) -> Option<Self> {
        effects.iter().find_map(|effect| match effect {
            Effect::Postgres(PgServer { host: None, port }, Pg::Setting(name, _)) => Some(Self {
                port: *port,
                name: name.clone(),
            }),
            _ => None,
        })
    }
}

#[derive(Deserialize)]
struct Source {
    at: Option<i64>,
    place: Option<String>,
    pending_restart: bool,
}

impl Question for SettingSince {
    type Answer = Vec<Touched>;

    fn ask(&self) -> Ask {
        let sql = format!(
            // What the files say by now may wait for a restart, and is not in pg_settings then.
            "SELECT json_build_object(\
             'at', extract(epoch FROM (pg_stat_file(coalesce(f.sourcefile, 'postgresql.auto.conf'))).modification)::bigint, \
             'place', f.sourcefile || ':' || f.sourceline, 'pending_restart', s.pending_restart) \
             FROM pg_settings s LEFT JOIN pg_file_settings f ON lower(f.name) = lower(s.name) \
             WHERE lower(s.name) = lower({}) ORDER BY f.seqno DESC LIMIT 1;",
            literal(&self.name)
        );
        let login = Login {
            port: self.port,
            user: Some("postgres".to_owned()),
            ..Login::default()
        };
        Ask::Shell {
            script: login.script("postgres", &sql),
            freshness: Freshness::Live,
            slow: false,
        }
    }

    fn read(&self, output: &Output) -> Result<Vec<Touched>, ProbeError> {
        let source: Option<Source> = row(&format!("parameter {}", self.name), output)?;
        let touched = source.map(|source| Touched {
            name: self.name.clone(),
            at: source.at,
            how: match (source.place, source.pending_restart) {
                (Some(place), false) => format!("the time of {place}"),
                (Some(place), true) => format!("the time of {place}; waits for a restart"),
                (None, _) => "set nowhere; the time of postgresql.auto.conf".to_owned(),
            },
        });
        Ok(touched.into_iter().collect())
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}
