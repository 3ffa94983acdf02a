//! Users and groups: the lines that the host has for them.

use super::{Ask, Foreseen, ProbeError, Question};
use crate::secret::Secret;
use crate::step::{Output, quote};

/// Asks about a user.
#[derive(Clone, Debug)]
pub struct UserNamed {
    /// The login name.
    pub name: String,
    /// Ask for the hash of the password too; only root may see it.
    pub password: bool,
}

/// The number of a user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// It is this.
    Is(u32),
    /// Only in a dry run: the host picks it when this task makes the account.
    Picked {
        /// The task.
        until: String,
    },
}

impl Number {
    /// The number, for whoever can't do without.
    pub fn known(&self) -> Result<u32, ProbeError> {
        match self {
            Self::Is(number) => Ok(*number),
            Self::Picked { until } => Err(ProbeError::Unknown {
                until: until.clone(),
                why: "the host picks the number".into(),
            }),
        }
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The login name.
    pub name: String,
    /// The number.
    pub uid: Number,
    /// The primary group's number.
    pub gid: Number,
    /// The primary group's name; its number where it has none.
    pub group: String,
    /// The comment (GECOS).
    pub comment: String,
    /// The home folder.
    pub home: String,
    /// The login shell.
    pub shell: String,
    /// The other groups' names.
    pub groups: Vec<String>,
    /// The hash of the password, where it was asked for and may be seen.
    pub password: Option<Secret>,
    /// The day after which the account is closed, counted from 1970.
    pub expires: Option<i64>,
    /// Least and most days between two changes of the password, and days of warning.
    pub ages: [Option<i64>; 3],
    /// Whether the home folder is there.
    pub has_home: bool,
}

/// A line of a database: by getent where there is one, since that sees LDAP and the like too.
pub(super) fn line(database: &str, key: &str) -> String {
    format!(
        "if command -v getent >/dev/null; then getent {database} {key}; else grep \"^\"{key}: /etc/{database}; fi 2>/dev/null"
    )
}

impl Question for UserNamed {
    type Answer = Option<User>;

    fn ask(&self) -> Ask {
        let name = quote(&self.name);
        let shadow = if self.password {
            format!(
                "if [ -r /etc/shadow ]; then echo \"shadow $({})\"; fi\n",
                line("shadow", "\"$u\"")
            )
        } else {
            String::new()
        };
        Ask::settled(format!(
            "u={name}\nl=$({})\n[ -n \"$l\" ] || exit 0\necho \"user $l\"\n\
             h=${{l%:*}}; h=${{h##*:}}; [ -d \"$h\" ] && echo home\n\
             echo \"groups $(id -Gn \"$u\" 2>/dev/null)\"\necho \"group $(id -gn \"$u\" 2>/dev/null)\"\n{shadow}:",
            line("passwd", "\"$u\"")
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let text = output.out();
        let part = |word: &str| text.lines().find_map(|line| line.strip_prefix(word));
        let Some(entry) = part("user ") else {
            return if output.ok() {
                Ok(None)
            } else {
                Err(ProbeError::answer("ask about a user", output))
            };
        };
        let fields: Vec<&str> = entry.split(':').collect();
        let [name, _, uid, gid, comment, home, shell] = fields[..] else {
            return Err(ProbeError::Failed(format!(
                "the host's line for the user {} can't be read",
                self.name
            )));
        };
        let number = |text: &str| {
            text.parse()
                .map(Number::Is)
                .map_err(|_| ProbeError::Failed(format!("the user {} has no number", self.name)))
        };
        let group = part("group ")
            .filter(|group| !group.is_empty())
            .unwrap_or(gid)
            .to_owned();
        let others = part("groups ").unwrap_or_default().split_whitespace();
        let shadow: Vec<&str> = part("shadow ").unwrap_or_default().split(':').collect();
        let days = |at: usize| shadow.get(at).and_then(|field| field.parse().ok());
        Ok(Some(User {
            name: name.to_owned(),
            uid: number(uid)?,
            gid: number(gid)?,
            comment: comment.to_owned(),
            home: home.to_owned(),
            shell: shell.to_owned(),
            groups: others
                .filter(|other| *other != group)
                .map(str::to_owned)
                .collect(),
            group,
            password: shadow.get(1).map(|hash| Secret::new(*hash)),
            expires: days(7),
            ages: [days(3), days(4), days(5)],
            has_home: text.lines().any(|line| line == "home"),
        }))
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.user(&self.name, now)
    }
}

/// Asks about a group.
#[derive(Clone, Debug)]
pub struct GroupNamed {
    /// Its name.
    pub name: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The number.
    pub gid: Number,
}

impl Question for GroupNamed {
    type Answer = Option<Group>;

    fn ask(&self) -> Ask {
        Ask::settled(format!(
            "g={}\n{}; :",
            quote(&self.name),
            line("group", "\"$g\"")
        ))
    }

    fn read(&self, output: &Output) -> Result<Self::Answer, ProbeError> {
        let text = output.out();
        match text.lines().next() {
            None => Ok(None),
            Some(line) => line
                .split(':')
                .nth(2)
                .and_then(|gid| gid.parse().ok())
                .map(|gid| {
                    Some(Group {
                        gid: Number::Is(gid),
                    })
                })
                .ok_or_else(|| {
                    ProbeError::Failed(format!(
                        "the host's line for the group {} can't be read",
                        self.name
                    ))
                }),
        }
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        pending: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        pending.group(&self.name, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_with_groups_and_shadow() {
        let text = "user lab:x:1000:1000:Lab,,,:/home/lab:/bin/bash\nhome\ngroups lab sudo adm\ngroup lab\n\
                    shadow lab:$y$j9T$x:19000:0:99999:7::20000:\n";
        let question = UserNamed {
            name: "lab".into(),
            password: true,
        };
        let user = question
            .read(&Output {
                stdout: text.into(),
                ..Output::default()
            })
            .unwrap()
            .unwrap();
        assert_eq!(
            (user.uid, user.groups, user.has_home),
            (
                Number::Is(1000),
                vec!["sudo".to_owned(), "adm".to_owned()],
                true
            )
        );
        assert_eq!(user.password, Some(Secret::new("$y$j9T$x")));
        assert_eq!(
            (user.expires, user.ages),
            (Some(20000), [Some(0), Some(99999), Some(7)])
        );
    }

    #[test]
    fn nobody_is_no_error() {
        let question = UserNamed {
            name: "lab".into(),
            password: false,
        };
        assert_eq!(question.read(&Output::default()).unwrap(), None);
    }
}
