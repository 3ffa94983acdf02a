//! Connections against a real sshd and against this machine itself.

mod acting;
mod answers;
mod sshd;
mod turns;
