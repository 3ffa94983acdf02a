//! One machine of qemu's, with a disk of its own above the image's.

use crate::command::{Ended, run, transcript};
use crate::processor::Processor;
use crate::wait::wait_until;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the kernel works, its first line comes within a second or two.
const PROBE: Duration = Duration::from_secs(8);

/// A processor that is emulated, on a machine that has much else to do.
const BOOT: u64 = 600;

/// How long a command may take there: where the processor is emulated, on a busy machine.
const LIMIT: u64 = 1800;

/// The accelerators, the fastest first. The emulator's memory for translated code is held down.
const ACCELERATORS: [&str; 2] = ["kvm", "tcg,tb-size=256"];

/// A machine; its power is off at the end, whatever the end is.
pub struct Machine {
    processor: Processor,
    image: PathBuf,
    folder: PathBuf,
    /// The port on 127.0.0.1 that leads to its sshd.
    port: u16,
    accelerator: &'static str,
    qemu: Option<Child>,
}

impl Machine {
    /// A machine whose disk is like the image; its power is off.
    pub fn new(processor: Processor, image: PathBuf) -> Self {
        // Always the same, so that what a killed run left is gone with the next.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vm");
        let _not_there = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut disk = Command::new("qemu-img");
        disk.args(["create", "-q", "-f", "qcow2", "-F", "raw", "-b"])
            .arg(&image)
            .arg(folder.join("disk"));
        run(disk, 60).with_code(0);
        let mut key = Command::new("ssh-keygen");
        key.args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(folder.join("key"));
        run(key, 60).with_code(0);
        // Free a moment ago; whoever takes it in between makes qemu say so.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let inventory = format!(
            "\
all:
  vars:
    ansible_host: 127.0.0.1
    ansible_port: {port}
    ansible_user: root
    ansible_ssh_private_key_file: {folder}/key
    ansible_ssh_known_hosts_file: {folder}/known_hosts
  children:
    cluster:
      children:
        databases: {{hosts: {{node: {{pg_role: primary, cluster_address: 10.0.2.15}}}}}}
        pool: {{}}
        clients: {{}}
",
            folder = folder.display()
        );
        fs::write(folder.join("hosts.yml"), inventory).unwrap();
        Self {
            processor,
            image,
            folder,
            port,
            accelerator: ACCELERATORS[0],
            qemu: None,
        }
    }

    /// Where its files and playbooks are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Boots it and waits until it says its host key, which is from then on the one that is trusted.
    pub fn power_on(&mut self) {
        if self.accelerator == ACCELERATORS[0] && !self.kernel_speaks() {
            self.plug_pulled();
            self.accelerator = ACCELERATORS[1];
        }
        if self.qemu.is_none() {
            self.start();
        }
        let begun = Instant::now();
        let mut key = None;
        wait_until("the machine says its host key", BOOT, || {
            let ended = self.qemu.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "qemu ended: {}", self.file_text("qemu"));
            key = host_key(&self.file_text("serial"));
            key.is_some()
        });
        println!(
            "vm: booted by {} in {:.0} s",
            self.accelerator,
            begun.elapsed().as_secs_f64()
        );
        let known = format!("[127.0.0.1]:{} {}\n", self.port, key.unwrap());
        fs::write(self.folder().join("known_hosts"), known).unwrap();
        wait_until("the machine lets us in", 60, || {
            self.ssh("true").code == Some(0)
        });
    }

    /// /dev/kvm can be opened on machines where no kernel gets anywhere by it.
    fn kernel_speaks(&mut self) -> bool {
        if fs::File::options().write(true).open("/dev/kvm").is_err() {
            return false;
        }
        self.start();
        let deadline = Instant::now() + PROBE;
        while Instant::now() < deadline {
            if self.file_text("serial").contains("Linux version") {
                return true;
            }
            if self.qemu.as_mut().unwrap().try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    fn start(&mut self) {
        let folder = self.folder().to_owned();
        let _not_there = fs::remove_file(folder.join("serial"));
        let key = fs::read_to_string(folder.join("key.pub")).unwrap();
        let said = fs::File::create(folder.join("qemu")).unwrap();
        // It ends with us, however we end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", self.processor.qemu()])
            .args(["-nodefaults", "-display", "none", "-vga", "none"])
            .args(self.processor.machine(&self.image))
            .args(["-smp", "2", "-m", "1024"])
            .args(["-accel", self.accelerator])
            .args(["-serial", "file:serial", "-monitor", "stdio"])
            .args(["-drive", "file=disk,format=qcow2,if=virtio"])
            .args(["-device", "virtio-rng-pci"])
            .args(["-device", "virtio-net-pci,netdev=outside,id=cable"])
            // Only loopback leads in, and nothing leads out.
            .arg("-netdev")
            .arg(format!(
                "user,id=outside,restrict=on,hostfwd=tcp:127.0.0.1:{}-:22",
                self.port
            ))
            .arg("-smbios")
            .arg(format!(
                "type=11,value=io.systemd.credential:ssh.authorized_keys.root={}",
                key.trim()
            ))
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        self.qemu = Some(child);
    }

    /// Takes the power away: nothing in the machine is asked or told.
    pub fn plug_pulled(&mut self) {
        if let Some(mut qemu) = self.qemu.take() {
            qemu.kill().unwrap();
            qemu.wait().unwrap();
        }
    }

    /// Plugs its network cable in or out.
    pub fn link(&mut self, plugged: bool) {
        let word = if plugged { "on" } else { "off" };
        let monitor = self.qemu.as_mut().unwrap().stdin.as_mut().unwrap();
        writeln!(monitor, "set_link cable {word}").unwrap();
    }

    fn file_text(&self, file: &str) -> String {
        let bytes = fs::read(self.folder().join(file)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a shell command there as root, whatever its status.
    #[track_caller]
    pub fn ssh(&self, script: &str) -> Ended {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-i", "key", "-o", "BatchMode=yes"])
            .args(["-o", "UserKnownHostsFile=known_hosts"])
            .args(["-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=60"])
            .args(["-p", &self.port.to_string(), "root@127.0.0.1", "--", script])
            .current_dir(self.folder());
        run(ssh, LIMIT)
    }

    /// What a shell command there prints; it must succeed.
    #[track_caller]
    pub fn ask(&self, script: &str) -> String {
        self.ssh(script).with_code(0).stdout.trim().to_owned()
    }

    /// What PostgreSQL answers there.
    #[track_caller]
    pub fn sql(&self, statement: &str) -> String {
        self.ask(&format!(
            "runuser -u postgres -- psql -XAtqw -v ON_ERROR_STOP=1 -c '{statement}'"
        ))
    }

    /// Runs trueup with the machine's inventory.
    #[track_caller]
    pub fn trueup(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
        command
            .args(words)
            .args(["-i", "hosts.yml"])
            .current_dir(self.folder())
            .env("XDG_STATE_HOME", self.folder().join("state"))
            .env("NO_COLOR", "1");
        run(command, LIMIT)
    }

    /// Puts a file there.
    #[track_caller]
    pub fn put(&self, file: &Path, there: &str) {
        let mut copy = Command::new("scp");
        copy.args(["-q", "-F", "none", "-i", "key", "-o", "BatchMode=yes"])
            .args(["-o", "UserKnownHostsFile=known_hosts"])
            .args(["-P", &self.port.to_string()])
            .arg(file)
            .arg(format!("root@127.0.0.1:{there}"))
            .current_dir(self.folder());
        run(copy, LIMIT).with_code(0);
    }

    /// Writes a playbook and applies it.
    #[track_caller]
    pub fn apply(&self, name: &str, playbook: &str) -> Ended {
        fs::write(self.folder().join(name), playbook).unwrap();
        self.trueup(&["apply", name])
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.plug_pulled();
        if std::thread::panicking() {
            println!(
                "{}--- serial port\n{}",
                transcript(),
                self.file_text("serial")
            );
        }
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// The image's own unit says it, once sshd is up.
fn host_key(serial: &str) -> Option<String> {
    let line = serial.lines().find_map(|l| l.split_once("host-key: "))?.1;
    let mut words = line.split_whitespace();
    Some(format!("{} {}", words.next()?, words.next()?))
}
