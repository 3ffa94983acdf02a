//! The same done to several hosts at once.

use std::thread;

use super::{HostSpec, LabError};

/// Does it; the first error is the answer, once all are done.
pub(super) fn each<T: Send>(
    hosts: &[&HostSpec],
    work: impl Fn(&HostSpec) -> Result<T, LabError> + Sync,
) -> Result<Vec<T>, LabError> {
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> = hosts
            .iter()
            .map(|host| scope.spawn(move || work(host)))
            .collect();
        let done: Vec<_> = running
            .into_iter()
            .map(|one| {
                one.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect();
        done.into_iter().collect()
    })
}
