//! The PostgreSQL server of a host, found among its processes: wherever its data lies and whoever
//! started it.

use crate::drill::site::Site;

/// A running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    /// The postmaster's process.
    pub pid: u32,
    /// Its data folder.
    pub data: String,
    /// The systemd unit that it runs in.
    pub unit: String,
}

/// A postmaster stands in its data folder, and its number is the first line of the file there.
const FIND: &str = r#"for process in /proc/[0-9]*; do
    case $(readlink $process/exe 2>/dev/null) in */postgres) ;; *) continue ;; esac
    data=$(readlink $process/cwd) && [ -f "$data/postmaster.pid" ] || continue
    read -r pid <"$data/postmaster.pid"
    [ "$pid" = "${process#/proc/}" ] || continue
    unit=$(sed -n 's,.*/\([^/]*\.service\).*,\1,p' $process/cgroup | head -n 1)
    printf '%s %s %s\n' "$pid" "$unit" "$data"
done"#;

/// The one server that runs on a host.
pub(super) async fn find(site: &Site, host: &str) -> Result<Server, String> {
    let found = site.ground.sh(host, FIND).await?;
    let mut servers = found.lines().filter_map(read);
    match (servers.next(), servers.next()) {
        (Some(server), None) => Ok(server),
        (None, _) => Err(format!("{host}: no PostgreSQL server runs there")),
        (Some(_), Some(_)) => Err(format!(
            "{host}: more than one PostgreSQL server runs there, and it is not clear which is meant"
        )),
    }
}

fn read(line: &str) -> Option<Server> {
    let mut words = line.splitn(3, ' ');
    Some(Server {
        pid: words.next()?.parse().ok()?,
        unit: words.next().filter(|unit| !unit.is_empty())?.to_owned(),
        data: words
            .next()
            .filter(|data| data.starts_with('/'))?
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_with_a_space_in_its_folder() {
        let server = read("812 patroni.service /srv/my data").unwrap();
        assert_eq!((server.pid, &*server.unit), (812, "patroni.service"));
        assert_eq!(server.data, "/srv/my data");
        assert_eq!(read("812  /srv"), None);
    }
}
