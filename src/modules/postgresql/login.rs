//! The parameters with which every `postgresql_*` module logs in.

use crate::diag::Diag;
use crate::facts::psql::Login;
use serde_json::{Map, Value};

/// The parameters with which a module logs in, before defaults.
pub struct Given<'a> {
    /// `login_host`
    pub host: &'a Option<String>,
    /// `login_unix_socket`
    pub unix_socket: &'a Option<String>,
    /// `port`
    pub port: u16,
    /// `login_user`
    pub user: &'a str,
    /// `login_password`
    pub password: &'a Option<crate::secret::Secret>,
    /// `session_role`
    pub session_role: &'a Option<String>,
    /// `ssl_mode`, `ca_cert`, `ssl_cert`, `ssl_key` under their libpq names.
    pub tls: [(&'static str, &'a Option<String>); 4],
}

impl Given<'_> {
    /// What `psql` needs.
    pub fn login(&self) -> Login {
        let host = if let Some(host) = self.host.as_ref().filter(|host| !host.is_empty()) {
            Some(host)
        } else {
            self.unix_socket.as_ref()
        };
        Login {
            host: host.filter(|host| !host.is_empty()).cloned(),
            port: self.port,
            user: Some(self.user.to_owned()),
            password: self
                .password
                .clone()
                .filter(|password| !password.reveal().is_empty()),
            session_role: self.session_role.clone(),
            libpq: self
                .tls
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_ref()?.clone())))
                .collect(),
        }
    }

    /// Refuses what can't be sent.
    pub fn check(&self, connect_params: &Map<String, Value>) -> Result<(), Diag> {
        if !connect_params.is_empty() {
            return Err(unsupported(
                "connect_params",
                "say it by the login_* and ssl_* parameters",
            ));
        }
        if self
            .password
            .as_ref()
            .is_some_and(|password| password.reveal().contains('\n'))
        {
            return Err(Diag::error("login_password holds a line break")
                .help("read it with a lookup that strips the end of the line"));
        }
        Ok(())
    }
}

/// The error for a parameter that the module of this name has in Ansible and not here.
pub fn unsupported(parameter: &str, instead: &str) -> Diag {
    Diag::error(format!(
        "`{parameter}` is a parameter in Ansible that trueup does not support"
    ))
    .help(instead)
}

/// `login_user` when it isn't given.
pub fn postgres() -> String {
    "postgres".to_owned()
}

/// `port` when it isn't given.
pub fn port() -> u16 {
    5432
}

/// A module's parameters, with those for the login added to them, and `fn given()`.
macro_rules! with_login {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* $field: $type,)*
            /// The role that logs in.
            #[serde(default = "crate::modules::postgresql::login::postgres")]
            login_user: String,
            /// Its password. Without one, the server must let the task's user in (peer authentication).
            #[serde(default)]
            login_password: Option<crate::secret::Secret>,
            /// The server's host; without it, the local socket.
            #[serde(default)]
            login_host: Option<String>,
            /// The folder of the server's socket.
            #[serde(default)]
            login_unix_socket: Option<String>,
            /// The server's port.
            #[serde(default = "crate::modules::postgresql::login::port")]
            port: u16,
            /// `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as in libpq.
            #[serde(default)]
            ssl_mode: Option<String>,
            /// A file on the host with the certificates that may have signed the server's.
            #[serde(default)]
            ca_cert: Option<String>,
            /// A file on the host with the client's certificate.
            #[serde(default)]
            ssl_cert: Option<String>,
            /// A file on the host with the key of the client's certificate.
            #[serde(default)]
            ssl_key: Option<String>,
            /// The role to take on after the login.
            #[serde(default)]
            session_role: Option<String>,
            /// Accepted for Ansible's sake: names and values are always quoted here.
            #[serde(default = "crate::modules::defaults::yes")]
            #[allow(dead_code)] // Either value means the same.
            trust_input: bool,
            /// Not supported: use the other parameters.
            #[serde(default)]
            connect_params: serde_json::Map<String, serde_json::Value>,
        }

        impl $name {
            fn given(&self) -> $crate::modules::postgresql::login::Given<'_> {
                $crate::modules::postgresql::login::Given {
                    host: &self.login_host,
                    unix_socket: &self.login_unix_socket,
                    port: self.port,
                    user: &self.login_user,
                    password: &self.login_password,
                    session_role: &self.session_role,
                    tls: [
                        ("PGSSLMODE", &self.ssl_mode),
                        ("PGSSLROOTCERT", &self.ca_cert),
                        ("PGSSLCERT", &self.ssl_cert),
                        ("PGSSLKEY", &self.ssl_key),
                    ],
                }
            }

            fn login(&self) -> $crate::facts::psql::Login {
                self.given().login()
            }

            fn check_login(&self) -> Result<(), $crate::diag::Diag> {
                self.given().check(&self.connect_params)
            }
        }
    };
}
pub(crate) use with_login;

/// A module's own aliases and those of the parameters for the login.
macro_rules! login_aliases {
    ($($alias:literal => $name:literal),*) => {
        &[
            $(($alias, $name),)*
            ("login", "login_user"),
            ("host", "login_host"),
            ("unix_socket", "login_unix_socket"),
            ("login_port", "port"),
            ("ssl_rootcert", "ca_cert"),
        ]
    };
}
pub(crate) use login_aliases;
