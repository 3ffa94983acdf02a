//! The hosts of a case: a folder of files, from which the stand-ins answer and in which they note what they
//! are told.

use super::here;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The names under which a stand-in is found.
const NAMES: [(&str, &[&str]); 2] = [
    (
        "pcp",
        &[
            "pcp_node_info",
            "pcp_attach_node",
            "pcp_detach_node",
            "pcp_stop_pgpool",
        ],
    ),
    ("pg_ctl", &["pg_ctl", "pg_ctlcluster", "pgrep"]),
];

/// What pgpool says of its backends where nothing failed.
const POOL: &str = "\
pg-a 5432 2 0.3 up up primary primary
pg-b 5432 2 0.3 up up standby standby
pg-c 5432 2 0.3 up up standby standby
";

pub struct World {
    folder: TempDir,
}

impl World {
    /// As a case begins.
    pub fn new(case: &Value, programs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder };
        for name in [
            "bin",
            "postgresql",
            "state",
            "home",
            "data/pg_wal",
            "data/pg_replslot",
            "conf/conf.d",
            "run",
        ] {
            fs::create_dir_all(world.path(name)).unwrap();
        }
        world.write("pool", POOL);
        world.write(
            "etc/standby.conf.in",
            "primary_conninfo = 'host=@UPSTREAM@'\n",
        );
        world.stand_ins();
        world.programs(programs);
        for (name, node) in case["nodes"].as_object().into_iter().flatten() {
            let at = world.path("nodes").join(name);
            fs::create_dir_all(&at).unwrap();
            for (field, value) in node.as_object().unwrap() {
                fs::write(at.join(field), format!("{}\n", text(value))).unwrap();
            }
        }
        for (path, value) in case["files"].as_object().into_iter().flatten() {
            let inode = fs::metadata(world.path("data")).unwrap().ino().to_string();
            world.write(path, &text(value).replace("@INODE@", &inode));
        }
        if let Some(record) = case["record"].as_str() {
            world.write("state/record", &format!("{record}\n"));
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn stand_ins(&self) {
        for file in fs::read_dir(here().join("stand-ins")).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let names = NAMES.iter().find(|(of, _)| *of == name);
            for name in names.map_or(&[name.as_str()][..], |(_, names)| names) {
                for folder in ["bin", "postgresql"] {
                    std::os::unix::fs::symlink(&path, self.path(folder).join(name)).unwrap();
                }
            }
        }
    }

    /// They find the stand-ins first, and their files in this folder.
    fn programs(&self, from: &Path) {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.folder.path().to_str().unwrap();
        for file in fs::read_dir(from).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let text = text
                .replace(" PATH=/", &format!(" PATH={folder}/bin:/"))
                .replace(
                    "/usr/local/lib/pg-cluster.sh",
                    &format!("{folder}/bin/pg-cluster.sh"),
                )
                .replace("/run/pg-keeper", &format!("{folder}/run"))
                .replace("/etc/pg-cluster", &format!("{folder}/etc"))
                .replace("@FOLDER@", folder);
            let into = self.path("bin").join(path.file_name().unwrap());
            // Patroni's own take the names of PostgreSQL's.
            let _none_there = fs::remove_file(&into);
            fs::write(&into, text).unwrap();
            fs::set_permissions(&into, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// The stand-ins first.
    fn searched(&self) -> String {
        let usual = std::env::var("PATH").unwrap_or_default();
        format!("{}:{usual}", self.path("bin").display())
    }

    /// What comes of a case, as it says it.
    pub fn run(&self, case: &Value, shell: &[&str]) -> Value {
        let program = self.path("bin").join(case["program"].as_str().unwrap());
        // What works on in the background holds the pipe open as well.
        let over = self.path("over");
        assert!(
            Command::new("mkfifo")
                .arg(&over)
                .status()
                .unwrap()
                .success()
        );
        let mut command = Command::new("timeout");
        command
            .args([
                "60",
                "sh",
                "-c",
                "exec 7> \"$FOLDER/over\"; exec \"$@\"",
                "sh",
            ])
            .args(shell)
            .arg(program)
            .args(list(&case["args"]))
            .env("FOLDER", self.folder.path())
            .env("PATH", self.searched())
            .stdin(Stdio::null());
        if let Some(asked) = case["asked"].as_str() {
            command.env("SSH_ORIGINAL_COMMAND", asked);
        }
        if let Some(rounds) = case["rounds"].as_u64() {
            self.write("rounds", &format!("{rounds}\n"));
            let period = case["period"].as_u64().unwrap_or(2);
            command.env("PERIOD", period.to_string());
        }
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let waited = std::thread::spawn(move || fs::read(over).unwrap());
        let output = child.unwrap().wait_with_output().unwrap();
        waited.join().unwrap();
        let mut said = self.lines("said");
        for printed in [output.stdout, output.stderr] {
            let printed = String::from_utf8(printed).unwrap();
            for line in printed
                .replace(self.folder.path().to_str().unwrap(), "")
                .lines()
            {
                if !said.contains(&line.to_owned()) {
                    said.push(line.to_owned());
                }
            }
        }
        let mut came = Map::new();
        // The keeper is ended by its case.
        if case["rounds"].is_null() {
            came.insert("status".into(), json!(output.status.code()));
        }
        let told = self.words_by_node(case);
        for (name, value) in [
            ("said", json!(said)),
            ("told", json!(told)),
            ("pool", json!(self.lines("pool.told"))),
            ("systemctl", json!(self.lines("systemctl"))),
        ] {
            let nothing = value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(Map::is_empty);
            if !nothing {
                came.insert(name.into(), value);
            }
        }
        if let Some(record) = self.lines("state/record").first() {
            came.insert("record".into(), json!(record));
        }
        if let Some(files) = case["then"]["files"].as_object() {
            let files: Map<String, Value> = files
                .keys()
                .map(|path| {
                    (
                        path.clone(),
                        fs::read_to_string(self.path(path)).map_or(Value::Null, Value::from),
                    )
                })
                .collect();
            came.insert("files".into(), Value::Object(files));
        }
        Value::Object(came)
    }

    /// What each node was told, in its order.
    fn words_by_node(&self, case: &Value) -> BTreeMap<String, Vec<String>> {
        let nodes = case["nodes"].as_object().into_iter().flatten();
        let told = nodes.map(|(node, _)| (node.clone(), self.lines(&format!("nodes/{node}/told"))));
        told.filter(|(_, told)| !told.is_empty()).collect()
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        let folder = self.folder.path().to_str().unwrap();
        text.replace(folder, "")
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}
