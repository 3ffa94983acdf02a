//! What goes on in this thread while texts are rendered. Rendering never leaves its thread, and
//! variables of several hosts may stand in one chain (`hostvars`), so the chain belongs to the thread.

use super::error::Fault;
use super::limits;
use crate::diag::Diag;
use minijinja::Value;
use std::cell::RefCell;

#[derive(Default)]
struct Trace {
    active: Vec<(usize, String)>,
    undefined: Vec<(String, Box<Diag>)>,
    unknown: Option<String>,
    /// A limit that was reached: whatever is made of it, nothing comes of it.
    refused: Option<Box<Diag>>,
    volatile: bool,
    told: bool,
    /// How many variables and parts were rendered since the text began that all are needed for.
    parts: usize,
    /// How many templates were read since then.
    loads: usize,
    /// About where the thread's stack stood then.
    begun: usize,
    emitted: Emitted,
}

/// What a template printed: a text that is nothing but one value keeps the value's type.
#[derive(Default)]
pub(super) struct Emitted {
    pub(super) times: usize,
    pub(super) bytes: usize,
    pub(super) all: usize,
    pub(super) last: Option<Value>,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
}

fn with<T>(act: impl FnOnce(&mut Trace) -> T) -> T {
    TRACE.with(|trace| act(&mut trace.borrow_mut()))
}

/// How many variables may rest on each other in one chain: each takes some of the thread's stack.
const DEEPEST: usize = 64;

/// Why the evaluation of a variable can't begin.
pub(super) enum Nested {
    /// It is going on already; the names that lead back to it.
    Cycle(Vec<String>),
    /// Too many others wait for it.
    TooDeep,
}

/// Runs `act` as the evaluation of the variable `name` of the session `owner`. Not
/// when that is going on already.
pub(super) fn evaluating<T>(
    owner: usize,
    name: &str,
    act: impl FnOnce() -> T,
) -> Result<T, Nested> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            with(|trace| trace.active.pop());
        }
    }
    with(|trace| {
        let place = trace
            .active
            .iter()
            .position(|(who, what)| *who == owner && what == name);
        if let Some(at) = place {
            let chain = trace.active[at..].iter().map(|(_, what)| what.clone());
            return Err(Nested::Cycle(chain.chain([name.to_owned()]).collect()));
        }
        if trace.active.len() >= DEEPEST {
            return Err(Nested::TooDeep);
        }
        trace.active.push((owner, name.to_owned()));
        Ok(())
    })?;
    let _leave = Leave;
    Ok(act())
}

/// Remembers why `name` has no value, for the case that nobody guards it.
pub(super) fn note_undefined(name: &str, why: Box<Diag>) {
    with(|trace| {
        trace.undefined.retain(|(known, _)| known != name);
        trace.undefined.push((name.to_owned(), why));
    });
}

/// Why the variable that `wanted` (`a`, `a.b`) rests on has no value.
pub(super) fn why_undefined(wanted: &str) -> Option<Box<Diag>> {
    with(|trace| {
        let fits = |name: &str| {
            wanted == name
                || wanted
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        trace
            .undefined
            .iter()
            .rev()
            .find(|(name, _)| fits(name))
            .map(|(_, why)| why.clone())
    })
}

/// Why something inside of `whole` has no value.
pub(super) fn why_undefined_within(whole: &str) -> Option<Box<Diag>> {
    with(|trace| {
        let fits = |name: &str| {
            name.strip_prefix(whole)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        trace
            .undefined
            .iter()
            .rev()
            .find(|(name, _)| fits(name))
            .map(|(_, why)| why.clone())
    })
}

/// Forgets what earlier texts lacked, unless this text is needed by one of them.
pub(super) fn begin() {
    with(|trace| {
        if trace.active.is_empty() {
            trace.undefined.clear();
            trace.parts = 0;
            trace.loads = 0;
            trace.refused = None;
            trace.begun = stack();
        }
    });
}

/// Counts a variable or part that is rendered, and says how many they are.
pub(super) fn count_part() -> usize {
    with(|trace| {
        trace.parts += 1;
        trace.parts
    })
}

/// Counts a template that is included or extended, and says how many they are.
pub(super) fn count_load() -> usize {
    with(|trace| {
        trace.loads += 1;
        trace.loads
    })
}

/// Whether rendering has taken all of the stack that it may have.
pub(super) fn is_deep() -> bool {
    with(|trace| {
        if trace.begun == 0 {
            trace.begun = stack();
        }
        trace.begun.abs_diff(stack()) > limits::STACK
    })
}

/// About where the thread's stack stands.
fn stack() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// Notes that something was used that the task `until` decides. Of several the first counts: what is
/// asked first decides what is asked next.
pub(super) fn note_unknown(until: &str) {
    with(|trace| {
        trace.unknown.get_or_insert_with(|| until.to_owned());
    });
}

/// Notes that a limit was reached, and gives the value that stands for what is not there.
pub(super) fn refuse(why: Diag) -> Value {
    let why = Box::new(why);
    with(|trace| trace.refused = Some(why.clone()));
    Value::from(minijinja::Error::from(Fault::Bad(why)))
}

/// Notes that a value may be another one the next time.
pub(super) fn note_volatile() {
    with(|trace| trace.volatile = true);
}

/// Notes a value that was printed in `bytes` bytes, and says how many all are in this text.
pub(super) fn note_emitted(value: &Value, bytes: usize) -> usize {
    with(|trace| {
        trace.emitted.times += 1;
        trace.emitted.bytes = bytes;
        trace.emitted.last = Some(value.clone());
        trace.emitted.all += bytes;
        trace.emitted.all
    })
}

/// Notes that a value was used in which outsiders have a part.
pub(super) fn note_told() {
    with(|trace| trace.told = true);
}

/// Runs `act`, and tells whether its value may be another one the next time.
pub(super) fn volatile<T>(act: impl FnOnce() -> T) -> (T, bool) {
    noted(|trace| &mut trace.volatile, act)
}

/// Runs `act`, and tells whether outsiders have a part in what it came to.
pub(super) fn noting_outsiders<T>(act: impl FnOnce() -> T) -> (T, bool) {
    noted(|trace| &mut trace.told, act)
}

/// Runs `act`, and tells whether it set the mark. It stays set for whoever waits further out.
fn noted<T>(mark: fn(&mut Trace) -> &mut bool, act: impl FnOnce() -> T) -> (T, bool) {
    let before = with(|trace| std::mem::take(mark(trace)));
    let value = act();
    let now = with(|trace| {
        let now = *mark(trace);
        *mark(trace) |= before;
        now
    });
    (value, now)
}

/// Runs `act` and gives what it printed. A use of something unknown is its fault, whatever it made of it.
pub(super) fn watched<T>(act: impl FnOnce() -> Result<T, Fault>) -> Result<(T, Emitted), Fault> {
    let (unknown, emitted) =
        with(|trace| (trace.unknown.take(), std::mem::take(&mut trace.emitted)));
    let result = act();
    let (until, emitted, refused) = with(|trace| {
        let until = std::mem::replace(&mut trace.unknown, unknown);
        let emitted = std::mem::replace(&mut trace.emitted, emitted);
        (until, emitted, trace.refused.clone())
    });
    if let Some(why) = refused {
        return match result {
            Err(fault @ Fault::Bad(_)) => Err(fault),
            _ => Err(Fault::Bad(why)),
        };
    }
    match (result, until) {
        (_, Some(until)) => Err(Fault::Unknown { until }),
        (Ok(value), None) => Ok((value, emitted)),
        (Err(fault), None) => Err(fault),
    }
}
