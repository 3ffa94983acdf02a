//! The parameters of `yum_repository`, and the fields that they become.

use crate::diag::Diag;
use crate::modules::attributes::file_params;
use crate::modules::presence::Presence;
use crate::secret::Secret;
use serde::Deserialize;

/// How host names are looked up.
#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
pub enum Resolve {
    /// IPv4 alone.
    #[serde(rename = "4")]
    Four,
    /// IPv6 alone.
    #[serde(rename = "6")]
    Six,
    /// IPv4 alone.
    IPv4,
    /// IPv6 alone.
    IPv6,
    /// Either.
    #[serde(rename = "whatever")]
    Whatever,
}

impl Resolve {
    fn word(self) -> &'static str {
        match self {
            Self::Four => "4",
            Self::Six => "6",
            Self::IPv4 => "IPv4",
            Self::IPv6 => "IPv6",
            Self::Whatever => "whatever",
        }
    }
}

file_params! {
    /// The parameters of `yum_repository`.
    pub struct Params {
        /// Its id, which becomes the section.
        pub name: String,
        /// The file in which it stands, without `.repo`; called like the repository when it is left out.
        #[serde(default)]
        pub file: Option<String>,
        /// The folder of that file.
        #[serde(default = "folder")]
        pub reposdir: String,
        /// Whether it is there.
        #[serde(default)]
        pub state: Presence,
        /// What it is called where people read it.
        #[serde(default)]
        pub description: Option<String>,
        /// Where it is: one address or several.
        #[serde(default)]
        pub baseurl: Option<Vec<String>>,
        /// The address of a list of its mirrors.
        #[serde(default)]
        pub mirrorlist: Option<String>,
        /// The address of a metalink of its mirrors.
        #[serde(default)]
        pub metalink: Option<String>,
        /// Whether dnf uses it.
        #[serde(default)]
        pub enabled: Option<bool>,
        /// Whether its packages must be signed.
        #[serde(default)]
        pub gpgcheck: Option<bool>,
        /// Whether its lists must be signed.
        #[serde(default)]
        pub repo_gpgcheck: Option<bool>,
        /// Where its keys are: one address or several.
        #[serde(default)]
        pub gpgkey: Option<Vec<String>>,
        /// Where the authority's key is.
        #[serde(default)]
        pub gpgcakey: Option<String>,
        /// Whether modules hide none of its packages.
        #[serde(default)]
        pub module_hotfixes: Option<bool>,
        /// Packages not to take from it.
        #[serde(default)]
        pub exclude: Option<Vec<String>>,
        /// The only packages to take from it.
        #[serde(default)]
        pub includepkgs: Option<Vec<String>>,
        /// What it costs beside others.
        #[serde(default)]
        pub cost: Option<String>,
        /// Its place among others: the smaller goes first.
        #[serde(default)]
        pub priority: Option<String>,
        /// Whether dnf goes on without it where it can't be reached.
        #[serde(default)]
        pub skip_if_unavailable: Option<bool>,
        /// For how long what dnf heard of it stays true.
        #[serde(default)]
        pub metadata_expire: Option<String>,
        /// Which commands ask for how much of that.
        #[serde(default)]
        pub metadata_expire_filter: Option<String>,
        /// For how long its list of mirrors stays true.
        #[serde(default)]
        pub mirrorlist_expire: Option<String>,
        /// The user (basic authentication).
        #[serde(default)]
        pub username: Option<String>,
        /// The user's password.
        #[serde(default)]
        pub password: Option<Secret>,
        /// The proxy, or `_none_`.
        #[serde(default)]
        pub proxy: Option<String>,
        /// The proxy's user.
        #[serde(default)]
        pub proxy_username: Option<String>,
        /// That user's password.
        #[serde(default)]
        pub proxy_password: Option<Secret>,
        /// The authorities that are trusted: a file on the host.
        #[serde(default)]
        pub sslcacert: Option<String>,
        /// The host's own certificate: a file there.
        #[serde(default)]
        pub sslclientcert: Option<String>,
        /// The certificate's key: a file there.
        #[serde(default)]
        pub sslclientkey: Option<String>,
        /// Whether its certificate is checked.
        #[serde(default)]
        pub sslverify: Option<bool>,
        /// Whether the permissions of certificates are looked at.
        #[serde(default)]
        pub ssl_check_cert_permissions: Option<bool>,
        /// Whether this host is counted among its users.
        #[serde(default)]
        pub countme: Option<bool>,
        /// How many seconds a connection may take.
        #[serde(default)]
        pub timeout: Option<String>,
        /// How often a file is tried again.
        #[serde(default)]
        pub retries: Option<String>,
        /// How fast it may be read.
        #[serde(default)]
        pub throttle: Option<String>,
        /// How much of the network there is.
        #[serde(default)]
        pub bandwidth: Option<String>,
        /// How host names are looked up.
        #[serde(default)]
        pub ip_resolve: Option<Resolve>,
        /// Whether its groups are used.
        #[serde(default)]
        pub enablegroups: Option<bool>,
        /// Differences instead of packages: from which size on.
        #[serde(default)]
        pub deltarpm_percentage: Option<String>,
        /// Differences instead of packages: how large their lists may be.
        #[serde(default)]
        pub deltarpm_metadata_percentage: Option<String>,
        /// yum's: files are fetched side by side.
        #[serde(default, rename = "async")]
        pub side_by_side: Option<bool>,
        /// yum's: `roundrobin`, `priority`.
        #[serde(default)]
        pub failovermethod: Option<String>,
        /// yum's: `all`, `packages`, `none`.
        #[serde(default)]
        pub http_caching: Option<String>,
        /// yum's: another file.
        #[serde(default)]
        pub include: Option<String>,
        /// yum's: one connection for many files.
        #[serde(default)]
        pub keepalive: Option<bool>,
        /// Whether packages are kept.
        #[serde(default)]
        pub keepcache: Option<String>,
        /// yum's: packages that others don't replace.
        #[serde(default)]
        pub protect: Option<bool>,
        /// yum's: S3.
        #[serde(default)]
        pub s3_enabled: Option<bool>,
        /// yum's: variables that are shown with the id.
        #[serde(default)]
        pub ui_repoid_vars: Option<String>,
    }
}

fn folder() -> String {
    "/etc/yum.repos.d".into()
}

impl Params {
    /// Refuses what can't be a repository.
    pub fn read(self) -> Result<Self, Diag> {
        for name in [Some(&self.name), self.file.as_ref()].into_iter().flatten() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                return Err(Diag::error(format!("`{name}` is no id of a repository"))
                    .help("letters, digits, `-`, `_`, `.` and `:` make one"));
            }
        }
        if self.state == Presence::Absent {
            return Ok(self);
        }
        if self.description.is_none() {
            return Err(Diag::error("`description` is missing"));
        }
        if self.baseurl.is_none() && self.mirrorlist.is_none() && self.metalink.is_none() {
            return Err(Diag::error(
                "`baseurl`, `mirrorlist` or `metalink` is missing: where is the repository?",
            ));
        }
        let lines = self.fields();
        if let Some((name, _)) = lines.iter().find(|(name, value)| {
            value.contains('\n') && !["baseurl", "gpgkey"].contains(&name.as_str())
        }) {
            return Err(Diag::error(format!("`{name}` is one line")));
        }
        Ok(self)
    }

    /// The file.
    pub fn path(&self) -> String {
        let file = self.file.as_ref().unwrap_or(&self.name);
        format!("{}/{file}.repo", self.reposdir.trim_end_matches('/'))
    }

    /// Whether a password stands in it.
    pub fn has_secret(&self) -> bool {
        self.password.is_some() || self.proxy_password.is_some()
    }

    /// The fields in the order of their names, as Ansible writes them.
    pub fn fields(&self) -> Vec<(String, String)> {
        let digit = |on: Option<bool>| on.map(|on| u8::from(on).to_string());
        let text = Option::<String>::clone;
        let list =
            |words: &Option<Vec<String>>, by: &str| words.as_ref().map(|words| words.join(by));
        let secret =
            |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.reveal().to_owned());
        let fields = [
            ("async", digit(self.side_by_side)),
            ("bandwidth", text(&self.bandwidth)),
            ("baseurl", list(&self.baseurl, "\n")),
            ("cost", text(&self.cost)),
            ("countme", digit(self.countme)),
            (
                "deltarpm_metadata_percentage",
                text(&self.deltarpm_metadata_percentage),
            ),
            ("deltarpm_percentage", text(&self.deltarpm_percentage)),
            ("enabled", digit(self.enabled)),
            ("enablegroups", digit(self.enablegroups)),
            ("exclude", list(&self.exclude, " ")),
            ("failovermethod", text(&self.failovermethod)),
            ("gpgcakey", text(&self.gpgcakey)),
            ("gpgcheck", digit(self.gpgcheck)),
            ("gpgkey", list(&self.gpgkey, "\n")),
            ("http_caching", text(&self.http_caching)),
            ("include", text(&self.include)),
            ("includepkgs", list(&self.includepkgs, " ")),
            ("ip_resolve", self.ip_resolve.map(|by| by.word().to_owned())),
            ("keepalive", digit(self.keepalive)),
            ("keepcache", text(&self.keepcache)),
            ("metadata_expire", text(&self.metadata_expire)),
            ("metadata_expire_filter", text(&self.metadata_expire_filter)),
            ("metalink", text(&self.metalink)),
            ("mirrorlist", text(&self.mirrorlist)),
            ("mirrorlist_expire", text(&self.mirrorlist_expire)),
            ("module_hotfixes", digit(self.module_hotfixes)),
            ("name", text(&self.description)),
            ("password", secret(&self.password)),
            ("priority", text(&self.priority)),
            ("protect", digit(self.protect)),
            ("proxy", text(&self.proxy)),
            ("proxy_password", secret(&self.proxy_password)),
            ("proxy_username", text(&self.proxy_username)),
            ("repo_gpgcheck", digit(self.repo_gpgcheck)),
            ("retries", text(&self.retries)),
            ("s3_enabled", digit(self.s3_enabled)),
            ("skip_if_unavailable", digit(self.skip_if_unavailable)),
            (
                "ssl_check_cert_permissions",
                digit(self.ssl_check_cert_permissions),
            ),
            ("sslcacert", text(&self.sslcacert)),
            ("sslclientcert", text(&self.sslclientcert)),
            ("sslclientkey", text(&self.sslclientkey)),
            ("sslverify", digit(self.sslverify)),
            ("throttle", text(&self.throttle)),
            ("timeout", text(&self.timeout)),
            ("ui_repoid_vars", text(&self.ui_repoid_vars)),
            ("username", text(&self.username)),
        ];
        let given = fields.into_iter();
        given
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}
