//! Unit files of systemd's: where they are, how units are named, what a file says of its unit.

/// Where unit files are, by scope, beside those in a home folder.
pub(super) const SYSTEM: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
pub(super) const USER: [&str; 4] = [
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
];

/// What can stand at the end of a unit's name.
const KINDS: [&str; 11] = [
    "service",
    "socket",
    "target",
    "timer",
    "path",
    "mount",
    "automount",
    "swap",
    "device",
    "slice",
    "scope",
];

/// The whole name of a unit: `.service` may be left out.
pub(super) fn whole(name: &str) -> String {
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    if kind.is_some_and(|kind| KINDS.contains(&kind)) {
        name.to_owned()
    } else {
        format!("{name}.service")
    }
}

/// The template that a unit is an instance of.
pub(super) fn template(name: &str) -> Option<String> {
    let (stem, kind) = name.rsplit_once('.')?;
    let (stem, instance) = stem.split_once('@')?;
    (!instance.is_empty()).then(|| format!("{stem}@.{kind}"))
}

/// What is known of a unit file by its text.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
}

impl Text<'_> {
    /// The values of a key in a section.
    fn values(&self, section: &str, key: &str) -> impl Iterator<Item = &str> {
        let mut inside = false;
        self.text.lines().map(str::trim).filter_map(move |line| {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                inside = name == section;
                return None;
            }
            let (name, value) = line.split_once('=').filter(|_| inside)?;
            (name.trim() == key).then(|| value.trim())
        })
    }

    pub(super) fn last(&self, section: &str, key: &str) -> Option<&str> {
        self.values(section, key).last()
    }

    /// Whether enabling it does something.
    pub(super) fn installs(&self) -> bool {
        ["WantedBy", "RequiredBy", "UpheldBy", "Alias"]
            .iter()
            .any(|key| self.values("Install", key).any(|value| !value.is_empty()))
    }

    pub(super) fn is_alias(&self, name: &str) -> bool {
        self.values("Install", "Alias")
            .flat_map(str::split_whitespace)
            .any(|alias| alias == name)
    }
}
