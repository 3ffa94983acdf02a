//! For tests: a module tried against a real shell in a temporary folder, or against canned answers.

mod canned;

pub use canned::{Canned, Folder};

use super::{Course, Module, Plan, StepOutput, TaskResult};
use crate::diag::Diag;
use crate::facts::{Ask, Desk, Foreseen, Look, ProbeError};
use crate::secret;
use crate::step::{Action, AuthorityTurn, Effect, Output, Script, Step, Upload};
use futures::future::BoxFuture;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A shell with the tools that it finds.
#[derive(Clone, Debug)]
pub struct Shell {
    argv: Vec<String>,
    path: String,
}

impl Shell {
    /// dash, bash, mksh and ksh93 with coreutils, busybox with nothing but its own applets. What is missing
    /// fails the test: these are part of what is claimed to work.
    pub fn all() -> Vec<Self> {
        let usual = "/usr/sbin:/usr/bin:/sbin:/bin".to_owned();
        let applets = std::env::temp_dir().join(format!("trueup-applets-{}", std::process::id()));
        if !applets.exists() {
            let fresh = applets.with_extension(format!("{:?}", std::thread::current().id()));
            std::fs::create_dir_all(&fresh).unwrap();
            let done = Command::new("busybox")
                .args(["--install", "-s"])
                .arg(&fresh)
                .status();
            assert!(done.expect("busybox is needed by this test").success());
            if std::fs::rename(&fresh, &applets).is_err() {
                std::fs::remove_dir_all(&fresh).unwrap();
            }
        }
        vec![
            Self {
                argv: vec!["dash".into()],
                path: usual.clone(),
            },
            Self {
                argv: vec!["bash".into(), "--posix".into()],
                path: usual.clone(),
            },
            Self {
                argv: vec!["mksh".into(), "-o".into(), "posix".into()],
                path: usual.clone(),
            },
            Self {
                argv: vec!["ksh93".into()],
                path: usual,
            },
            Self {
                argv: vec!["/usr/bin/busybox".into(), "sh".into()],
                path: applets.display().to_string(),
            },
        ]
    }

    /// The first shell, where only one is wanted.
    pub fn dash() -> Self {
        Self::all().swap_remove(0)
    }

    /// Runs a script.
    pub fn run(&self, script: &Script) -> Output {
        let mut child = Command::new(&self.argv[0])
            .args(&self.argv[1..])
            .args(["-c", &script.text])
            .env("PATH", &self.path)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A script that reads nothing may be gone before this is written.
        let _ = child.stdin.take().unwrap().write_all(&script.stdin);
        let output = child.wait_with_output().unwrap();
        Output {
            status: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: output.stderr,
            ..Output::default()
        }
    }

    fn put(&self, upload: &Upload) -> Output {
        self.run(&upload.script().stdin(upload.content.to_vec()))
    }

    /// Runs the steps of a plan until one fails.
    pub fn steps(&self, plan: &Plan) -> Vec<StepOutput> {
        let mut ran = Vec::new();
        for step in plan.steps() {
            let output = match &step.action {
                Action::Run(script) => self.run(script),
                Action::Put(upload) => self.put(upload),
                Action::Request(request) => panic!("a shell makes no requests: {request:?}"),
                Action::Turn(turn) => turned(turn),
                Action::Pause(_) => Output::default(),
                Action::Return(back) => panic!("a shell does not go away: {back:?}"),
            };
            let ok = output.ok();
            ran.push(StepOutput {
                output,
                elapsed: Duration::from_millis(5),
            });
            if !ok {
                break;
            }
        }
        ran
    }

    /// A look through this shell.
    pub fn look(&self) -> Look {
        Look::new(Arc::new(self.clone()))
    }

    /// A look through this shell at what will be there.
    pub fn ahead(&self, foreseen: &Foreseen) -> Look {
        ahead(self.clone(), foreseen)
    }

    /// The same, where what is learned of links stays in it.
    pub fn learning(&self, foreseen: &Arc<Mutex<Foreseen>>) -> Look {
        Look::new(Arc::new(Ahead(self.clone(), Arc::clone(foreseen))))
    }
}

/// Who answers, and what is pending; links are learned on the way.
struct Ahead<D>(D, Arc<Mutex<Foreseen>>);

fn ahead<D: Desk + 'static>(desk: D, foreseen: &Foreseen) -> Look {
    let foreseen = Arc::new(Mutex::new(foreseen.clone()));
    Look::new(Arc::new(Ahead(desk, foreseen)))
}

impl<D: Desk> Desk for Ahead<D> {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
        self.0.ask(ask)
    }

    fn foreseen(&self) -> Option<Foreseen> {
        let foreseen = self.1.lock().unwrap();
        (!foreseen.is_empty()).then(|| foreseen.clone())
    }

    fn learn(&self, links: Vec<(String, String)>) {
        self.1.lock().unwrap().learn(links);
    }
}

/// Who runs the tests, and so owns what the shells here make.
pub fn me() -> String {
    let whoami = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(whoami.stdout).unwrap().trim().to_owned()
}

/// Lays what a plan makes true over what is pending.
pub fn foretell(foreseen: &mut Foreseen, plan: &Plan) -> bool {
    let effects: Vec<Effect> = plan.steps().iter().flat_map(Step::effects).collect();
    let told = !effects.is_empty();
    foreseen.add("this", &me(), effects);
    told
}

fn turned(turn: &AuthorityTurn) -> Output {
    match secret::turn_authority(&turn.folder, turn.stage, true) {
        Ok(()) => Output::default(),
        Err(error) => Output {
            status: 1,
            stderr: error.to_string().into(),
            ..Output::default()
        },
    }
}

impl Desk for Shell {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Output, ProbeError>> {
        let output = match ask {
            Ask::Shell { script, .. } => Ok(self.run(&script)),
            Ask::Connect { host, port, .. } => {
                let status =
                    i32::from(std::net::TcpStream::connect((host.as_str(), port)).is_err());
                Ok(Output {
                    status,
                    ..Output::default()
                })
            }
            Ask::Request(request) => Err(ProbeError::Failed(format!("no answer for {request:?}"))),
        };
        Box::pin(std::future::ready(output))
    }
}

/// What a task in JSON is made ready to by a [`Folder`].
pub fn ready<M: Module>(folder: &Path, json: serde_json::Value) -> Result<M::Ready, Diag> {
    let params = serde_json::from_value(json).map_err(|error| Diag::error(error.to_string()))?;
    M::prepare(params, &Folder(folder.to_owned()))
}

/// What is planned, by canned answers.
pub fn planned<M: Module>(
    json: serde_json::Value,
    answers: &[(&'static str, &str)],
) -> Result<Plan, String> {
    let ready = ready::<M>(Path::new("/"), json).map_err(|diag| diag.to_string())?;
    let state = futures::executor::block_on(M::probe(&ready, &Canned::look(answers)))
        .map_err(|e| e.to_string())?;
    M::plan(&ready, &state)
}

/// What is planned, by canned answers, where all that was planned by them is pending.
pub fn left<M: Module>(
    json: serde_json::Value,
    answers: &[(&'static str, &str)],
) -> Result<Plan, String> {
    let ready = ready::<M>(Path::new("/"), json.clone()).map_err(|diag| diag.to_string())?;
    let mut foreseen = Foreseen::default();
    let plan = planned::<M>(json, answers)?;
    if plan.steps().is_empty() {
        return Ok(plan);
    }
    assert!(foretell(&mut foreseen, &plan));
    let look = ahead(Canned::of(answers), &foreseen);
    let state = futures::executor::block_on(M::probe(&ready, &look)).map_err(|e| e.to_string())?;
    M::plan(&ready, &state)
}

/// What a dry run tells of a task, by canned answers and what is pending; what it would make true
/// is pending then.
pub fn foretold<M: Module>(
    json: serde_json::Value,
    answers: &[(&'static str, &str)],
    foreseen: &mut Foreseen,
) -> Result<(Plan, TaskResult), String> {
    let ready = ready::<M>(Path::new("/"), json).map_err(|diag| diag.to_string())?;
    let look = ahead(Canned::of(answers), foreseen);
    let state = futures::executor::block_on(M::probe(&ready, &look)).map_err(|e| e.to_string())?;
    let plan = M::plan(&ready, &state)?;
    if foretell(foreseen, &plan) && matches!(plan, Plan::Converge { .. }) {
        let look = ahead(Canned::of(answers), foreseen);
        let after =
            futures::executor::block_on(M::probe(&ready, &look)).map_err(|e| e.to_string())?;
        let left = M::plan(&ready, &after)?;
        assert!(!left.is_change(), "{foreseen:?} leaves {left:?}");
        return Ok((
            plan.clone(),
            M::result(Course {
                ready: &ready,
                before: &state,
                after: Some(&after),
                plan: &plan,
                ran: &[],
            }),
        ));
    }
    let result = M::result(Course {
        ready: &ready,
        before: &state,
        after: None,
        plan: &plan,
        ran: &[],
    });
    Ok((plan, result))
}

/// One life of a task through `shell`: probe, plan, steps, and where it converges the proof that
/// nothing is left to do.
pub fn live<M: Module>(shell: &Shell, folder: &Path, json: serde_json::Value) -> TaskResult {
    let ready = ready::<M>(folder, json).unwrap();
    let look = shell.look();
    let mut before = futures::executor::block_on(M::probe(&ready, &look)).unwrap();
    let first = M::plan(&ready, &before).unwrap();
    let mut foreseen = Foreseen::default();
    if foretell(&mut foreseen, &first) && matches!(first, Plan::Converge { .. }) {
        let ahead = shell.ahead(&foreseen);
        let after = futures::executor::block_on(M::probe(&ready, &ahead)).unwrap();
        let left = M::plan(&ready, &after).unwrap();
        assert!(
            !left.is_change(),
            "its steps make {foreseen:?} true, and leave {left:?}"
        );
    }
    let mut ran = shell.steps(&first);
    if ran.iter().any(|step| !step.output.ok()) || !matches!(first, Plan::Converge { .. }) {
        return M::result(Course {
            ready: &ready,
            before: &before,
            after: None,
            plan: &first,
            ran: &ran,
        });
    }
    for _ in 0..3 {
        let after = futures::executor::block_on(M::probe(&ready, &look)).unwrap();
        let left = M::plan(&ready, &after).unwrap();
        if !left.is_change() {
            return M::result(Course {
                ready: &ready,
                before: &before,
                after: Some(&after),
                plan: &first,
                ran: &ran,
            });
        }
        ran.extend(shell.steps(&left));
        assert!(ran.iter().all(|step| step.output.ok()), "{ran:?}");
        before = after;
    }
    panic!("did not converge: {:?}", M::plan(&ready, &before));
}

/// The same where nothing may be left to do from the start.
pub fn settled<M: Module>(shell: &Shell, folder: &Path, json: serde_json::Value) -> TaskResult {
    let result = live::<M>(shell, folder, json);
    assert!(!result.changed, "{result:?}");
    result
}
