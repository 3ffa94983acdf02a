//! What a node of a cluster holds, in the details that a way home is chosen by: its data, its log and the
//! line of its timelines, what lies beside it, and what its server says if one answers.
//!
//! ```yaml
//! - pg_node:
//!     data: "{{ pg_data }}"
//!     bin: "{{ pg_bin }}"
//!     port: "{{ pg_port }}"
//!     config: "{{ pg_config }}"
//!   register: restore_says
//! ```
//!
//! Registers `says`. It only reads, and works where the server runs, where it is stopped, where its folder
//! is gone, and where there is none.

use crate::decide::Node;
use crate::diag::Diag;
use crate::facts::{Look, ProbeError, pg_node};
use crate::modules::{Controller, Course, Module, Plan, TaskResult};
use serde::Deserialize;
use serde_json::json;

/// `pg_node`
pub struct PgNode;

/// Parameters of `pg_node`.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The data folder.
    data: String,
    /// The folder of PostgreSQL's programs.
    bin: String,
    /// The server's port.
    port: u16,
    /// The file by which the server is configured.
    config: String,
}

impl Module for PgNode {
    const NAME: &'static str = "pg_node";
    const COLLECTION: &'static str = "trueup.postgresql";
    const ONLY_ASKS: bool = true;
    type Params = Params;
    type Ready = pg_node::PgNode;
    type State = Node;

    fn prepare(params: Params, _: &dyn Controller) -> Result<pg_node::PgNode, Diag> {
        let Params {
            data,
            bin,
            port,
            config,
        } = params;
        Ok(pg_node::PgNode {
            data,
            bin,
            port,
            config,
        })
    }

    async fn probe(node: &pg_node::PgNode, look: &Look) -> Result<Node, ProbeError> {
        node.says(look).await
    }

    fn plan(_: &pg_node::PgNode, _: &Node) -> Result<Plan, String> {
        Ok(Plan::nothing())
    }

    fn result(
        Course {
            before, plan, ran, ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        TaskResult::of(plan, ran).with("says", json!(before))
    }
}

#[cfg(test)]
mod tests {
    use crate::decide::{Lsn, Node};
    use crate::facts::pg_node::PgNode;
    use crate::facts::{Ask, Question};
    use crate::modules::trial::Shell;
    use serde_json::json;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    const CONTROL: &str = "Database system identifier:           7412345678901234567\n\
        Latest checkpoint's REDO location:    0/5000028\n\
        Latest checkpoint's TimeLineID:       2\n\
        wal_log_hints setting:                off\n\
        Bytes per WAL segment:                67108864\n\
        Data page checksum version:           1\n";

    /// A folder with the programs of PostgreSQL that a node is asked by, which print what they are told to.
    fn programs(folder: &Path, running: bool) {
        let program = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        program("runuser", "shift 3; exec \"$@\"");
        program("mountpoint", "exit 1");
        program("pgrep", "echo 77");
        program("pg_controldata", &format!("printf '%s' \"{CONTROL}\""));
        program("pg_ctl", if running { "exit 0" } else { "exit 3" });
        program(
            "psql",
            r#"printf '%s\n' '{"recovery": "no", "at": "0/6000060", "names": "", "commit": "on", "size": 9, "standbys": {"pg-b": {"state": "streaming", "sync": "sync", "at": "0/6000060"}}, "slots": {"pg_b": {"wal": "reserved"}}}'"#,
        );
        program(
            "postgres",
            "case $2 in *names) echo 'FIRST 1 (pg-b)' ;; *) echo on ;; esac",
        );
    }

    fn data(folder: &Path) {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("PG_VERSION", "17");
        write("global/pg_control", "x");
        write("pg_tblspc/16385", "");
        write("pg_wal/000000020000000000000005", "");
        write("pg_wal/000000020000000000000001", "");
        write("pg_wal/000000010000000000000001.partial", "");
        write(
            "pg_wal/00000002.history",
            "\n1\t0/4000000\tno recovery target specified\n",
        );
        // What a rewind undid: segments without a history are not of this node's line.
        write("pg_wal/000000030000000000000005", "");
    }

    /// What each shell tells of a node.
    fn says(home: &Path) -> Node {
        let at = |name: &str| home.join(name).display().to_string();
        let question = PgNode {
            data: at("main"),
            bin: at("bin"),
            port: 5432,
            config: at("main/PG_VERSION"),
        };
        let Ask::Shell { mut script, .. } = question.ask() else {
            panic!("a shell is asked");
        };
        script.text = format!("PATH={}:$PATH\n{}", at("bin"), script.text);
        let mut told = Shell::all().into_iter().map(|shell| {
            let output = shell.run(&script);
            assert!(output.ok(), "{shell:?}: {output:?}");
            let mut node = question.read(&output).unwrap().node;
            assert_eq!(node.now.len(), "20260101T000000Z".len(), "{shell:?}");
            assert!(node.free > 0, "{shell:?}");
            (node.now, node.free) = (String::new(), 0);
            node
        });
        let first = told.next().unwrap();
        for other in told {
            assert_eq!(other, first);
        }
        first
    }

    fn home(running: bool) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        programs(&home.path().join("bin"), running);
        home
    }

    #[test]
    fn a_node_that_runs_tells_what_its_server_says() {
        let home = home(true);
        data(&home.path().join("main"));
        let node = says(home.path());
        assert_eq!((node.timeline.0, node.tablespaces), (2, 1));
        assert_eq!(node.history, "1 0/4000000".to_owned().try_into().unwrap());
        assert_eq!(node.begin(), "0/4000000".parse().ok());
        assert_eq!(node.oldest, "0000000000000001");
        assert!(node.leads() && node.checksums && node.holds && node.bytes > 0);
        assert_eq!((node.orphan.as_str(), node.end), ("", None));
        assert_eq!(node.end(), "0/6000060".parse().ok());
        let server = node.says.as_ref().unwrap();
        assert_eq!(server.slots["pg_b"].wal, "reserved");
        assert!(server.streaming("pg-b").is_some());
        let again: Node = serde_json::from_value(json!(node)).unwrap();
        assert_eq!(again, node, "what is registered is read as it was");
    }

    #[test]
    fn a_node_that_is_stopped_tells_what_its_folder_holds() {
        let home = home(false);
        data(&home.path().join("main"));
        fs::create_dir(home.path().join("main.before-a b")).unwrap();
        fs::write(home.path().join("main.restoring"), "x\ny\n").unwrap();
        let node = says(home.path());
        assert_eq!(
            (node.commits(), node.says.is_some()),
            (("FIRST 1 (pg-b)", "on"), false)
        );
        assert_eq!(
            (node.orphan.as_str(), node.restoring.as_str()),
            ("77", "x y")
        );
        assert!(node.asides.ends_with("main.before-a b"), "{}", node.asides);
        let again: Node = serde_json::from_value(json!(node)).unwrap();
        assert_eq!(again, node);
    }

    #[test]
    fn a_node_without_data_holds_nothing() {
        let home = home(false);
        let node = says(home.path());
        assert!(!node.holds && !node.present && node.id.is_none());
        assert_eq!((node.orphan.as_str(), node.bytes), ("77", 0));
    }

    #[test]
    fn the_log_ends_where_it_can_be_read_no_further() {
        let ends = |complaint: &str| {
            let from = Lsn(0x500_0028);
            crate::facts::pg_node::end_of(complaint, from).to_string()
        };
        assert_eq!(
            ends(
                "pg_waldump: error: error in WAL record at 0/5000100: invalid record length at 0/5000178: expected at least 24, got 0\n"
            ),
            "0/5000178"
        );
        assert_eq!(
            ends("pg_waldump: error: could not find a valid record after 0/5000028\n"),
            "0/5000028"
        );
        assert_eq!(ends(""), "0/5000028");
    }
}
