//! What the author of a task says that it makes true (`predicts`): as data, in the words of the
//! modules, since nobody else can know what a command does.

use super::fresh;
use crate::diag::Diag;
use crate::step::{Access, Account, Effect, Group, Holds, Pg, PgServer, Place, Unit, UnitScope};
use crate::yaml::{Node, from_node};
use serde::Deserialize;

/// One thing that is so once the task has run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// It is so where the task brings this package anew.
    package: Option<String>,
    /// The absolute path that it is about.
    path: Option<String>,
    /// The unit of the system's that it is about.
    unit: Option<String>,
    /// The user that it is about.
    user: Option<String>,
    /// The port of a PostgreSQL server of the host's own that is made anew.
    new_postgresql: Option<u16>,
    /// What the task prints, without the line breaks at its end.
    stdout: Option<String>,
    state: Option<Stands>,
    /// What the file holds, where that is known.
    content: Option<String>,
    /// What the file holds, or the task prints, is made anew then: what it is, in words.
    fresh: Option<String>,
    /// Where the link leads.
    src: Option<String>,
    owner: Option<String>,
    /// Of a path and of a user; alone, the group that it is about.
    group: Option<String>,
    /// Octal digits.
    mode: Option<String>,
    enabled: Option<bool>,
    masked: Option<bool>,
    home: Option<String>,
    shell: Option<String>,
    groups: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Stands {
    File,
    Directory,
    Link,
    Absent,
    Unknown,
    Present,
    Started,
    Stopped,
}

/// What a task makes true, as its author says.
#[derive(Debug, Default)]
pub struct Predicted {
    /// On its host.
    pub effects: Vec<Effect>,
    /// What it prints.
    pub stdout: Option<String>,
}

/// Reads the value of `predicts`, rendered, of a task that brings the packages `brought`.
pub fn read(node: &Node, brought: &[String]) -> Result<Predicted, Vec<Diag>> {
    let all: Vec<Prediction> = from_node(node)?;
    let mut predicted = Predicted::default();
    for one in &all {
        let said = one
            .predicted()
            .map_err(|diag| vec![diag.at(&node.span, "")])?;
        let holds = |package| brought.contains(package);
        if one.package.as_ref().is_none_or(holds) {
            predicted.effects.extend(said.effects);
            predicted.stdout = said.stdout.or(predicted.stdout);
        }
    }
    Ok(predicted)
}

impl Prediction {
    fn predicted(&self) -> Result<Predicted, Diag> {
        let group = self
            .group
            .as_ref()
            .filter(|_| self.path.is_none() && self.user.is_none());
        let subjects = [
            self.path.is_some(),
            self.unit.is_some(),
            self.user.is_some(),
            group.is_some(),
            self.new_postgresql.is_some(),
            self.prints(),
        ];
        if subjects.iter().filter(|is| **is).count() != 1 {
            return Err(Diag::error("a prediction is about one thing").help(
                "give its `path`, `unit`, `user`, `group`, what the task prints as `stdout`, or \
                 `new_postgresql` with the port of a new server",
            ));
        }
        let effect = if let Some(path) = &self.path {
            if !path.starts_with('/') {
                let diag = Diag::error(format!("`{path}` is no absolute path"));
                return Err(diag.help("what a task makes true is told by the paths of the host"));
            }
            Effect::Path(path.clone(), self.place()?)
        } else if let Some(unit) = &self.unit {
            Effect::Unit(unit.clone(), UnitScope::System, self.of_unit()?)
        } else if let Some(user) = &self.user {
            let account = || Account {
                new: true,
                group: self.group.clone(),
                home: self.home.clone(),
                shell: self.shell.clone(),
                groups: self.groups.clone(),
                ..Account::default()
            };
            Effect::User(user.clone(), self.is_there()?.then(account))
        } else if let Some(group) = group {
            Effect::Group(group.clone(), self.is_there()?.then(Group::default))
        } else if let Some(port) = self.new_postgresql {
            Effect::Postgres(PgServer::new(None, port), Pg::New)
        } else {
            return Ok(Predicted {
                effects: Vec::new(),
                stdout: self.text(),
            });
        };
        Ok(Predicted {
            effects: vec![effect],
            stdout: None,
        })
    }

    /// `fresh` alone is what is printed.
    fn prints(&self) -> bool {
        self.stdout.is_some() || (self.fresh.is_some() && self.path.is_none())
    }

    fn says_text(&self) -> bool {
        self.content.is_some() || self.fresh.is_some()
    }

    /// The text that is known of it.
    fn text(&self) -> Option<String> {
        let fresh = self.fresh.as_ref().map(|what| fresh::made_up_for(what));
        fresh
            .or_else(|| self.stdout.clone())
            .or_else(|| self.content.clone())
    }

    fn is_there(&self) -> Result<bool, Diag> {
        match self.state {
            None | Some(Stands::Present) => Ok(true),
            Some(Stands::Absent) => Ok(false),
            _ => Err(Diag::error("a user or a group is `present` or `absent`")),
        }
    }

    fn of_unit(&self) -> Result<Unit, Diag> {
        Ok(Unit {
            enabled: self.enabled,
            masked: self.masked,
            active: match self.state {
                None => None,
                Some(Stands::Started) => Some(true),
                Some(Stands::Stopped) => Some(false),
                Some(_) => return Err(Diag::error("a unit is `started` or `stopped`")),
            },
        })
    }

    fn place(&self) -> Result<Place, Diag> {
        Ok(match self.state {
            None | Some(Stands::File) if self.package.is_some() && !self.says_text() => {
                Place::Brought
            }
            None | Some(Stands::File) => {
                let unknown =
                    || Holds::Unknown("what is written there is known when it has run".into());
                let holds = self
                    .text()
                    .map(|text| Holds::Bytes(text.into_bytes().into()));
                Place::File(holds.unwrap_or_else(unknown), self.access()?)
            }
            Some(Stands::Directory) => Place::Folders(self.access()?),
            Some(Stands::Link) => match &self.src {
                Some(src) => Place::Link(src.clone()),
                None => return Err(Diag::error("a link needs `src`: where it leads")),
            },
            Some(Stands::Absent) => Place::Nothing,
            Some(Stands::Unknown) => {
                Place::Unknown("what stands there is known when it has run".to_owned())
            }
            Some(_) => {
                return Err(Diag::error(
                    "a path is a `file`, a `directory`, a `link`, `absent` or `unknown`",
                ));
            }
        })
    }

    fn access(&self) -> Result<Access, Diag> {
        let digits = |mode: &String| {
            u32::from_str_radix(mode, 8).map_err(|_| {
                Diag::error(format!("`{mode}` is no mode"))
                    .help("write its octal digits as a text: '0640'")
            })
        };
        Ok(Access {
            owner: self.owner.clone(),
            group: self.group.clone(),
            mode: self.mode.as_ref().map(digits).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::yaml::parse;

    fn parsed(text: &str) -> Result<Predicted, String> {
        let node = parse(&Source::new("site.yml", text)).unwrap();
        super::read(&node, &["haproxy".into()]).map_err(|diags| diags[0].to_string())
    }

    fn read(text: &str) -> Result<Vec<Effect>, String> {
        parsed(text).map(|predicted| predicted.effects)
    }

    #[test]
    fn what_a_package_brings_is_so_where_it_is_new() {
        let text = "
- {package: haproxy, unit: haproxy.service, enabled: true, state: started}
- {package: haproxy, user: haproxy, group: web, home: /var/lib/haproxy, shell: /bin/sh, groups: [log]}
- {package: haproxy, group: web}
- {package: haproxy, group: old, state: absent}
- {package: nginx, unit: nginx.service, masked: true, state: stopped}
";
        let unit = Unit {
            enabled: Some(true),
            active: Some(true),
            masked: None,
        };
        let user = Account {
            new: true,
            group: Some("web".into()),
            home: Some("/var/lib/haproxy".into()),
            shell: Some("/bin/sh".into()),
            groups: Some(vec!["log".into()]),
            ..Account::default()
        };
        let all = [
            Effect::Unit("haproxy.service".into(), UnitScope::System, unit),
            Effect::User("haproxy".into(), Some(user)),
            Effect::Group("web".into(), Some(Group::default())),
            Effect::Group("old".into(), None),
        ];
        assert_eq!(read(text).unwrap(), all);
    }

    #[test]
    fn a_file_that_a_package_brings_leaves_the_one_that_is_there() {
        let text = "- {package: haproxy, path: /etc/haproxy/haproxy.cfg, owner: root}";
        let brought = Effect::Path("/etc/haproxy/haproxy.cfg".into(), Place::Brought);
        assert_eq!(read(text).unwrap(), [brought]);
    }

    #[test]
    fn what_is_made_anew_is_told_by_words_and_like_nothing_else() {
        let text = "
- {path: /k.pub, fresh: key}
- {fresh: identifier}
";
        let predicted = parsed(text).unwrap();
        let [Effect::Path(_, Place::File(Holds::Bytes(key), _))] = &predicted.effects[..] else {
            panic!("{predicted:?}");
        };
        let key = String::from_utf8_lossy(key).into_owned();
        let printed = predicted.stdout.unwrap();
        assert_ne!(key, printed);
        assert_eq!(crate::secret::stand_ins(&key), ["a new key"]);
        assert_eq!(crate::secret::stand_ins(&printed), ["a new identifier"]);
        assert_eq!(
            parsed("- {stdout: '17.4'}").unwrap().stdout.unwrap(),
            "17.4"
        );
    }

    #[test]
    fn the_words_of_the_modules_become_effects() {
        let text = "
- {path: /etc/x, mode: '0640', owner: root}
- {path: /etc/y, content: 'a'}
- {path: /srv/z, state: directory}
- {path: /srv/l, state: link, src: z}
- {path: /srv/gone, state: absent}
- {path: /srv/what, state: unknown}
- {new_postgresql: 5433}
";
        let all = read(text).unwrap();
        let Effect::Path(path, Place::File(Holds::Unknown(_), access)) = &all[0] else {
            panic!("{all:?}");
        };
        assert_eq!((path.as_str(), access.mode), ("/etc/x", Some(0o640)));
        assert!(
            matches!(&all[1], Effect::Path(_, Place::File(Holds::Bytes(bytes), _)) if **bytes == *b"a")
        );
        assert!(matches!(&all[2], Effect::Path(_, Place::Folders(_))));
        assert_eq!(
            all[3],
            Effect::Path("/srv/l".into(), Place::Link("z".into()))
        );
        assert_eq!(all[4], Effect::Path("/srv/gone".into(), Place::Nothing));
        assert!(matches!(&all[5], Effect::Path(_, Place::Unknown(_))));
        let server = PgServer::new(Some("/run/postgresql"), 5433);
        assert_eq!(all[6], Effect::Postgres(server, Pg::New));
        assert_eq!(read("[]").unwrap(), []);
    }

    #[test]
    fn what_is_no_prediction_is_refused_at_its_place() {
        insta::assert_snapshot!(read("- {path: etc/x}").unwrap_err(), @"site.yml:1:1: `etc/x` is no absolute path; what a task makes true is told by the paths of the host");
        insta::assert_snapshot!(read("- {state: absent}").unwrap_err(), @"site.yml:1:1: a prediction is about one thing; give its `path`, `unit`, `user`, `group`, what the task prints as `stdout`, or `new_postgresql` with the port of a new server");
        insta::assert_snapshot!(read("- {unit: x, state: file}").unwrap_err(), @"site.yml:1:1: a unit is `started` or `stopped`");
        insta::assert_snapshot!(read("- {path: /x, state: started}").unwrap_err(), @"site.yml:1:1: a path is a `file`, a `directory`, a `link`, `absent` or `unknown`");
        insta::assert_snapshot!(read("- {user: x, state: link}").unwrap_err(), @"site.yml:1:1: a user or a group is `present` or `absent`");
        assert_eq!(
            read("- {user: x, unit: x}").unwrap_err(),
            read("- {state: absent}").unwrap_err()
        );
        insta::assert_snapshot!(read("- {path: /l, state: link}").unwrap_err(), @"site.yml:1:1: a link needs `src`: where it leads");
        insta::assert_snapshot!(read("- {path: /x, mode: rw}").unwrap_err(), @"site.yml:1:1: `rw` is no mode; write its octal digits as a text: '0640'");
        insta::assert_snapshot!(read("- {path: /x, state: prezent}").unwrap_err(), @"site.yml:1:21: `state`: `prezent` is not one of `file`, `directory`, `link`, `absent`, `unknown`, `present`, `started`, `stopped`; did you mean `present`?");
        insta::assert_snapshot!(read("- {paht: /x}").unwrap_err(), @"site.yml:1:4: unknown key `paht`; did you mean `path`?");
    }
}
