//! Providers that make hosts to try things on.
//!
//! A lab is described by a [`LabSpec`] (from the inventory) and made by a [`Provider`]. The one that
//! exists is [`Containers`]: full Debian systems with systemd and sshd, on this machine, each an
//! overlay over one base image, booted by `systemd-nspawn` on a bridge of the lab's own.
//!
//! What a pulled plug means here: the link goes down first, then the host's init is killed without
//! a word. Writes that the host did not sync survive all the same, since the kernel that holds them
//! is this machine's and lives on; real hardware would lose them.

mod archives;
mod base_image;
mod boot;
mod cgroup;
mod command;
mod containers;
mod draft;
mod error;
mod folders;
mod host_files;
mod keys;
mod mounts;
mod network;
mod process;
mod progress;
mod provider;
mod requirements;
mod spec;
mod subnet;
mod wait;
mod watches;

pub use containers::Containers;
pub use draft::{Draft, Machines, Topology};
pub use error::LabError;
pub use folders::{Folders, folder_of};
pub use progress::{Progress, Tell};
pub use provider::{HostStatus, Provider};
pub use spec::{DiskLimit, HostSpec, Image, LabSpec, Login};
pub use subnet::Subnet;
