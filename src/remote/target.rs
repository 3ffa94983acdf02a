//! How a host is reached, in the words of Ansible's variables.

use crate::secret::Secret;
use std::time::Duration;

/// How to reach a host: what the inventory, the command line and ~/.ssh/config say of it.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The name in the inventory, for messages.
    pub name: String,
    /// `ansible_connection`: `ssh` (the default) or `local`.
    pub local: bool,
    /// `ansible_host`; the name when it is not set.
    pub address: Option<String>,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`, `-u`.
    pub user: Option<String>,
    /// `ansible_password`, `-k`.
    pub password: Option<Secret>,
    /// `ansible_ssh_private_key_file`, `--private-key`.
    pub private_key: Option<String>,
    /// Further `known_hosts` files (a lab's own).
    pub known_hosts: Vec<String>,
    /// `ansible_ssh_common_args` and friends: `-o`, `-J`, `-F` and `-i` are understood.
    pub ssh_args: Vec<String>,
    /// How long to wait for the connection (`ansible_timeout`, `-T`); 10 s by default.
    pub connect_limit: Option<Duration>,
}

impl Target {
    /// The host called `name`, as its variables say (`variable` renders one), and where they say
    /// nothing, as in `defaults`.
    pub fn from_variables<E>(
        name: &str,
        defaults: &Self,
        variable: impl Fn(&str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        let either = |names: &[&str]| {
            for name in names {
                if let Some(text) = variable(name)? {
                    return Ok::<_, E>(Some(text));
                }
            }
            Ok(None)
        };
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse::<u64>().ok());
        let mut ssh_args = defaults.ssh_args.clone();
        for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
            let split = variable(name)?.and_then(|words| shlex::split(&words));
            ssh_args.extend(split.unwrap_or_default());
        }
        Ok(Self {
            name: name.to_owned(),
            local: variable("ansible_connection")?
                .map_or(defaults.local, |connection| connection.ends_with("local")),
            address: either(&["ansible_host", "ansible_ssh_host"])?
                .or_else(|| defaults.address.clone()),
            port: number(either(&["ansible_port", "ansible_ssh_port"])?)
                .and_then(|port| port.try_into().ok())
                .or(defaults.port),
            user: either(&["ansible_user", "ansible_ssh_user"])?.or_else(|| defaults.user.clone()),
            password: either(&["ansible_password", "ansible_ssh_pass"])?
                .map(Secret::new)
                .or_else(|| defaults.password.clone()),
            private_key: either(&["ansible_ssh_private_key_file", "ansible_private_key_file"])?
                .or_else(|| defaults.private_key.clone()),
            known_hosts: match variable("ansible_ssh_known_hosts_file")? {
                Some(file) => vec![file],
                None => defaults.known_hosts.clone(),
            },
            ssh_args,
            connect_limit: number(variable("ansible_timeout")?)
                .map(Duration::from_secs)
                .or(defaults.connect_limit),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target_of(variables: &[(&str, &str)], defaults: &Target) -> Target {
        let told = Target::from_variables("db", defaults, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            Ok::<_, ()>(found.map(|(_, text)| (*text).to_owned()))
        });
        told.unwrap()
    }

    #[test]
    fn variables_come_before_the_command_line() {
        let defaults = Target {
            user: Some("me".into()),
            port: Some(2200),
            ssh_args: vec!["-C".into()],
            local: true,
            ..Target::default()
        };
        let target = target_of(
            &[
                ("ansible_connection", "ssh"),
                ("ansible_host", "10.77.1.11"),
                ("ansible_user", "lab"),
                ("ansible_ssh_port", "2222"),
                ("ansible_ssh_common_args", "-o 'A=b c'"),
                ("ansible_timeout", "3"),
            ],
            &defaults,
        );
        assert_eq!(target.address.as_deref(), Some("10.77.1.11"));
        assert_eq!(
            (target.user.as_deref(), target.port),
            (Some("lab"), Some(2222))
        );
        assert_eq!(target.ssh_args, ["-C", "-o", "A=b c"]);
        assert_eq!(target.connect_limit, Some(Duration::from_secs(3)));
        assert!(!target.local);
    }

    #[test]
    fn what_variables_do_not_say_is_as_given() {
        let defaults = Target {
            user: Some("me".into()),
            port: Some(2200),
            local: true,
            ..Target::default()
        };
        let target = target_of(&[], &defaults);
        assert_eq!(
            (target.user.as_deref(), target.port),
            (Some("me"), Some(2200))
        );
        assert!(target.local);
    }
}
