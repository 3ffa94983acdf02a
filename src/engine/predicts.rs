//! What the author of a task says that it makes true (`predicts`): as data, in the words of the
//! modules, since nobody else can know what a command does.

use crate::diag::Diag;
use crate::step::{Access, Effect, Holds, Pg, PgServer, Place};
use crate::yaml::{Node, from_node};
use serde::Deserialize;

/// One thing that is so once the task has run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The absolute path that it is about.
    path: Option<String>,
    /// The port of a PostgreSQL server of the host's own that is made anew.
    new_postgresql: Option<u16>,
    /// What stands there.
    #[serde(default)]
    state: Stands,
    /// What the file holds, where that is known.
    content: Option<String>,
    /// Where the link leads.
    src: Option<String>,
    owner: Option<String>,
    group: Option<String>,
    /// Octal digits.
    mode: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Stands {
    #[default]
    File,
    Directory,
    Link,
    Absent,
    Unknown,
}

/// Reads the value of `predicts`, rendered.
pub fn effects(node: &Node) -> Result<Vec<Effect>, Vec<Diag>> {
    let all: Vec<Prediction> = from_node(node)?;
    let effects = all.iter().map(Prediction::effect);
    effects
        .collect::<Result<_, _>>()
        .map_err(|diag| vec![diag.at(&node.span, "")])
}

impl Prediction {
    fn effect(&self) -> Result<Effect, Diag> {
        let path = match (&self.path, self.new_postgresql) {
            (Some(path), None) => path,
            (None, Some(port)) => {
                return Ok(Effect::Postgres(PgServer::new(None, port), Pg::New));
            }
            _ => {
                return Err(Diag::error("a prediction is about one thing")
                    .help("give its `path`, or `new_postgresql` with the port of a new server"));
            }
        };
        if !path.starts_with('/') {
            let diag = Diag::error(format!("`{path}` is no absolute path"));
            return Err(diag.help("what a task makes true is told by the paths of the host"));
        }
        Ok(Effect::Path(path.clone(), self.place()?))
    }

    fn place(&self) -> Result<Place, Diag> {
        Ok(match self.state {
            Stands::File => {
                let holds = match &self.content {
                    Some(content) => Holds::Bytes(content.as_bytes().into()),
                    None => Holds::Unknown("what is written there is known when it has run".into()),
                };
                Place::File(holds, self.access()?)
            }
            Stands::Directory => Place::Folders(self.access()?),
            Stands::Link => match &self.src {
                Some(src) => Place::Link(src.clone()),
                None => return Err(Diag::error("a link needs `src`: where it leads")),
            },
            Stands::Absent => Place::Nothing,
            Stands::Unknown => {
                Place::Unknown("what stands there is known when it has run".to_owned())
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

    fn read(text: &str) -> Result<Vec<Effect>, String> {
        let node = parse(&Source::new("site.yml", text)).unwrap();
        effects(&node).map_err(|diags| diags[0].to_string())
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
        insta::assert_snapshot!(read("- {state: absent}").unwrap_err(), @"site.yml:1:1: a prediction is about one thing; give its `path`, or `new_postgresql` with the port of a new server");
        insta::assert_snapshot!(read("- {path: /l, state: link}").unwrap_err(), @"site.yml:1:1: a link needs `src`: where it leads");
        insta::assert_snapshot!(read("- {path: /x, mode: rw}").unwrap_err(), @"site.yml:1:1: `rw` is no mode; write its octal digits as a text: '0640'");
        insta::assert_snapshot!(read("- {path: /x, state: present}").unwrap_err(), @"site.yml:1:21: `state`: `present` is not one of `file`, `directory`, `link`, `absent`, `unknown`; did you mean `absent`?");
        insta::assert_snapshot!(read("- {paht: /x}").unwrap_err(), @"site.yml:1:4: unknown key `paht`; did you mean `path`?");
    }
}
