//! How a shell of another user is started.

use super::Become;
use crate::step::quote;

/// Who is logged in.
#[derive(Clone, Debug, Default)]
pub(super) struct Login {
    /// The login user's name.
    pub user: String,
    /// Whether that is root, by uid.
    pub root: bool,
}

/// The command for the login shell that runs `text` with the `sh` of the user to become. With a
/// password, sudo asks for it with `prompt` on stderr.
pub(super) fn command(login: &Login, who: &Become, text: &str, prompt: &str) -> String {
    let shell = format!("sh -c {}", quote(text));
    match other_user(login, who) {
        None => format!("exec {shell}"),
        Some(user) if login.root => {
            let user = quote(user);
            let arguments = format!("-s /bin/sh {user} -c {}", quote(text));
            let choice = format!(
                "if command -v runuser >/dev/null; then exec runuser {arguments}; else exec su {arguments}; fi"
            );
            format!("exec sh -c {}", quote(&choice))
        }
        Some(user) => {
            let asking = match who.password {
                Some(_) => format!("-S -p {}", quote(prompt)),
                None => "-n".to_owned(),
            };
            format!("exec sudo {asking} -H -u {} -- {shell}", quote(user))
        }
    }
}

/// The user to become, where that is another than the login user.
pub(super) fn other_user<'a>(login: &Login, who: &'a Become) -> Option<&'a str> {
    let user = who.user.as_deref()?;
    let same = user == login.user || (user == "root" && login.root);
    (!same).then_some(user)
}

/// What to do about a shell of another user that did not start; `said` is what it left on stderr.
pub(super) fn refusal(host: &str, login: &Login, who: &Become, said: &str) -> String {
    let user = who.user.as_deref().unwrap_or("root");
    let me = &login.user;
    let said = said.trim();
    // The last are the words of sudo-rs.
    let asks = [
        "password is required",
        "a terminal is required",
        "authentication is required",
    ];
    if asks.iter().any(|words| said.contains(words)) {
        format!(
            "sudo on {host} wants a password from {me} to become {user}: give it with -K \
             (--ask-become-pass) or ansible_become_password, or allow {me} NOPASSWD in sudoers"
        )
    } else if said.contains("not found") && said.contains("sudo") {
        format!(
            "{host} has no sudo, so {me} can't become {user}: install sudo there, or log in as {user} (-u {user})"
        )
    } else if said.is_empty() {
        format!("{me} can't become {user} on {host}: nothing was said why")
    } else {
        format!("{me} can't become {user} on {host}: {said}")
    }
}

/// What to say when sudo asks a second time.
pub(super) fn wrong_password(host: &str, login: &Login) -> String {
    format!(
        "sudo on {host} did not take the password of {}: is the one of -K right?",
        login.user
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn login(user: &str) -> Login {
        Login {
            user: user.into(),
            root: user == "root",
        }
    }

    fn to(user: &str) -> Become {
        Become {
            user: Some(user.into()),
            password: None,
        }
    }

    #[test]
    fn nobody_sudoes_to_who_they_are() {
        assert_eq!(command(&login("lab"), &to("lab"), "x", "p"), "exec sh -c x");
        assert_eq!(
            command(&login("root"), &to("root"), "x", "p"),
            "exec sh -c x"
        );
        assert_eq!(
            command(&login("lab"), &Become::default(), "x", "p"),
            "exec sh -c x"
        );
    }

    #[test]
    fn a_password_is_never_in_the_command() {
        let who = Become {
            user: Some("root".into()),
            password: Some(Secret::new("geheim")),
        };
        let command = command(&login("lab"), &who, "a 'b'", "p");
        assert!(!command.contains("geheim"));
        insta::assert_snapshot!(command, @r"exec sudo -S -p p -H -u root -- sh -c 'a '\''b'\'''");
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        insta::assert_snapshot!(
            refusal("pg-a", &login("lab"), &to("root"), "sudo: a password is required\n"),
            @"sudo on pg-a wants a password from lab to become root: give it with -K (--ask-become-pass) or ansible_become_password, or allow lab NOPASSWD in sudoers"
        );
        let rust = "sudo: interactive authentication is required\n";
        assert!(refusal("pg-a", &login("lab"), &to("root"), rust).contains("give it with -K"));
    }
}
