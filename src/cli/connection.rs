//! The options that say how hosts are reached, as Ansible names them.

use super::ending::Failure;
use crate::diag::Diag;
use crate::remote::Target;
use crate::secret::Secret;
use std::time::Duration;

/// How hosts are reached, and as whom.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Log in as this user [default: what the inventory or ~/.ssh/config say, else your name]
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// Log in with this key (besides the agent's and ~/.ssh's)
    #[arg(long, alias = "key-file", value_name = "FILE")]
    pub private_key: Option<String>,
    /// Ask for the login password
    #[arg(short = 'k', long = "ask-pass")]
    ask_pass: bool,
    /// Become root, or who --become-user says, by sudo
    #[arg(short, long)]
    pub r#become: bool,
    /// Whom to become
    #[arg(long, value_name = "USER")]
    pub become_user: Option<String>,
    /// Ask for sudo's password; an empty answer takes the login password
    #[arg(short = 'K', long = "ask-become-pass")]
    ask_become_pass: bool,
    /// How many seconds a connection may take to open
    #[arg(short = 'T', long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// Further words for ssh, of which -o, -J, -F and -i are understood
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true)]
    ssh_common_args: Option<String>,
}

/// What was asked of the user.
#[derive(Clone, Debug, Default)]
pub struct Passwords {
    /// For the login.
    pub login: Option<Secret>,
    /// For sudo.
    pub sudo: Option<Secret>,
}

impl Connection {
    /// Asks for the passwords that the options call for, on the terminal itself.
    pub fn ask(&self) -> Result<Passwords, Failure> {
        let login = self
            .ask_pass
            .then(|| prompt("SSH password: "))
            .transpose()?;
        let words = match login {
            Some(_) => "sudo password [the SSH password]: ",
            None => "sudo password: ",
        };
        let sudo = self.ask_become_pass.then(|| prompt(words)).transpose()?;
        let sudo = match sudo {
            Some(answer) if answer.reveal().is_empty() && login.is_some() => login.clone(),
            answer => answer,
        };
        Ok(Passwords { login, sudo })
    }

    /// The same options for another command of ours; passwords are not among them.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let timeout = self.timeout.map(|seconds| seconds.to_string());
        let said = [
            ("--user", &self.user),
            ("--private-key", &self.private_key),
            ("--become-user", &self.become_user),
            ("--timeout", &timeout),
            ("--ssh-common-args", &self.ssh_common_args),
        ];
        for (name, value) in said {
            if let Some(value) = value {
                words.push(format!("{name}={value}"));
            }
        }
        if self.r#become {
            words.push("--become".to_owned());
        }
        words
    }

    /// `--ask-pass`
    pub fn asks_login(&self) -> bool {
        self.ask_pass
    }

    /// `--ask-become-pass`
    pub fn asks_sudo(&self) -> bool {
        self.ask_become_pass
    }

    /// `--timeout`
    pub fn connect_limit(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }

    /// What holds for hosts of which the inventory says nothing; `login` is the password that was
    /// asked for.
    pub fn defaults(&self, login: Option<Secret>) -> Result<Target, Failure> {
        Ok(Target {
            user: self.user.clone(),
            password: login,
            private_key: self.private_key.clone(),
            ssh_args: self.ssh_words()?,
            connect_limit: self.connect_limit(),
            ..Target::default()
        })
    }

    /// `--ssh-common-args`, split as a shell would.
    pub fn ssh_words(&self) -> Result<Vec<String>, Failure> {
        let Some(words) = &self.ssh_common_args else {
            return Ok(Vec::new());
        };
        shlex::split(words).ok_or_else(|| {
            let diag = Diag::error(format!(
                "--ssh-common-args: a quote is not closed in `{words}`"
            ));
            Failure::input(diag.help("close it, or escape it with a backslash"))
        })
    }
}

fn prompt(words: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(words).map(Secret::new).map_err(|error| {
        let diag = Diag::error(format!("can't ask for a password: {error}"));
        Failure::input(diag.help("run trueup in a terminal, or set ansible_password and ansible_become_password in the inventory"))
    })
}
