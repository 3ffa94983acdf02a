//! How SQL reaches a host's PostgreSQL: through the host's own `psql`, as data on its stdin.

use super::ProbeError;
use super::sql::ident;
use crate::secret::Secret;
use crate::step::{Output, PgServer, Script, quote};
use std::fmt::Write as _;

/// With what `psql` connects. What is `None` is left to libpq.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Login {
    /// The host's name, or the folder of its socket.
    pub host: Option<String>,
    /// The port.
    pub port: u16,
    /// The role that logs in.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The role that is taken on after the login.
    pub session_role: Option<String>,
    /// Further variables of libpq: `PGSSLMODE`, `PGSSLROOTCERT`, ...
    pub libpq: Vec<(&'static str, String)>,
}

impl Login {
    /// The server that it is for.
    pub fn server(&self) -> PgServer {
        PgServer::new(self.host.as_deref(), self.port)
    }

    /// A script that sends `sql` to `database` and prints bare values, one row a line.
    ///
    /// Nothing of it is in a process list but the flags; the password is the first line of stdin.
    pub fn script(&self, database: &str, sql: &str) -> Script {
        self.run(
            database,
            sql,
            "psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=default",
        )
    }

    /// A script that sends `sql` to `database` by the shell text `command`, which runs `psql`
    /// with a stdin that holds the SQL.
    pub fn run(&self, database: &str, sql: &str, command: &str) -> Script {
        // Debian's psql is a wrapper in Perl that takes longer to start than the server to answer.
        // PostgreSQL's own packages for Red Hat may leave it in their folder alone.
        let mut text = String::from(
            "for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do [ ! -x \"$bin/psql\" ] || PATH=$bin:$PATH; done\n",
        );
        let mut stdin = String::new();
        if let Some(password) = &self.password {
            text.push_str("IFS= read -r PGPASSWORD && export PGPASSWORD\n");
            stdin.push_str(password.reveal());
            stdin.push('\n');
        }
        let host = self.host.as_deref().map(|host| ("PGHOST", host));
        let user = self.user.as_deref().map(|user| ("PGUSER", user));
        let port = self.port.to_string();
        let fixed = [
            ("PGPORT", port.as_str()),
            ("PGDATABASE", database),
            ("PGAPPNAME", "trueup"),
            ("PGCONNECT_TIMEOUT", "10"),
            ("PGCLIENTENCODING", "UTF8"),
            ("LC_ALL", "C"),
        ];
        let variables = fixed.into_iter().chain(host).chain(user);
        for (name, value) in variables.chain(
            self.libpq
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        ) {
            let _ = writeln!(text, "export {name}={}", quote(value));
        }
        text.push_str(command);
        text.push('\n');
        if let Some(role) = &self.session_role {
            let _ = writeln!(stdin, "SET ROLE {};", ident(role));
        }
        stdin.push_str(sql);
        stdin.push('\n');
        Script::new(text).stdin(stdin)
    }
}

/// The rows of an answer of [`Login::script`], each a JSON document on a line of its own.
pub(super) fn rows(what: &str, output: &Output) -> Result<Vec<serde_json::Value>, ProbeError> {
    if !output.ok() {
        return Err(refused(what, output));
    }
    output
        .out()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_str(line).map_err(|error| {
                ProbeError::Failed(format!(
                    "{what}: psql answered with no JSON: {error}: {line}"
                ))
            })
        })
        .collect()
}

/// The first row, read into `T`.
pub(super) fn row<T: serde::de::DeserializeOwned>(
    what: &str,
    output: &Output,
) -> Result<Option<T>, ProbeError> {
    let Some(row) = rows(what, output)?.into_iter().next() else {
        return Ok(None);
    };
    serde_json::from_value(row)
        .map(Some)
        .map_err(|error| ProbeError::Failed(format!("{what}: unexpected answer: {error}")))
}

/// Why `psql` failed, in its own words and with what to do.
pub fn refused(what: &str, output: &Output) -> ProbeError {
    let said = stderr_text(output);
    let hint = if output.status == 127 {
        "; psql is not on this host: install postgresql-client first"
    } else if said.contains("Peer authentication failed") {
        "; become the database's owner with `become_user: postgres`, or give login_user"
    } else {
        ""
    };
    ProbeError::Failed(format!("{what}: {said}{hint}"))
}

/// What `psql` said on stderr, without the prefix of each line.
pub fn stderr_text(output: &Output) -> String {
    let err = output.err();
    let lines: Vec<&str> = err
        .lines()
        .map(|line| match line.strip_prefix("psql:<stdin>:") {
            Some(rest) => rest.split_once(": ").map_or(rest, |(_, text)| text),
            None => line,
        })
        .collect();
    let text = lines.join("\n").trim().to_owned();
    if text.is_empty() {
        format!("exit status {}", output.status)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_and_the_sql_are_only_on_stdin() {
        let login = Login {
            port: 5433,
            user: Some("it's".into()),
            password: Some(Secret::new("s3cret")),
            session_role: Some("own\"er".into()),
            ..Login::default()
        };
        let script = login.script("postgres", "SELECT 1;");
        insta::assert_snapshot!(script.text, @r#"
        for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do [ ! -x "$bin/psql" ] || PATH=$bin:$PATH; done
        IFS= read -r PGPASSWORD && export PGPASSWORD
        export PGPORT=5433
        export PGDATABASE=postgres
        export PGAPPNAME=trueup
        export PGCONNECT_TIMEOUT=10
        export PGCLIENTENCODING=UTF8
        export LC_ALL=C
        export PGUSER='it'\''s'
        psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=default
        "#);
        insta::assert_snapshot!(String::from_utf8_lossy(&script.stdin), @r#"
        s3cret
        SET ROLE "own""er";
        SELECT 1;
        "#);
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let output = |status, stderr: &str| Output {
            status,
            stdout: vec![],
            stderr: stderr.into(),
            ..Output::default()
        };
        insta::assert_snapshot!(
            refused("role app", &output(127, "sh: 8: psql: not found\n")),
            @"role app: sh: 8: psql: not found; psql is not on this host: install postgresql-client first"
        );
        insta::assert_snapshot!(
            refused("role app", &output(3, "psql:<stdin>:1: ERROR:  syntax error\nLINE 1: x\n")),
            @"
        role app: ERROR:  syntax error
        LINE 1: x
        "
        );
    }
}
