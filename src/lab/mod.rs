//! Providers that make hosts to try things on.
//!
//! A lab is described by a [`LabSpec`] (from the inventory) and made by a [`Provider`]: of
//! containers, full Debian systems with systemd and sshd, on this machine, each an overlay over one
//! base image, booted by `systemd-nspawn` on a bridge of the lab's own; or of virtual machines, which
//! Vagrant makes and which VirtualBox's or libvirt's own tools break. [`Lab`] finds the right one.
//!
//! What a pulled plug means for a container: the link goes down first, then the host's init is
//! killed without a word. Writes that the host did not sync survive all the same, since the kernel
//! that holds them is this machine's and lives on; real hardware and virtual machines lose them.

mod archives;
mod base_image;
mod boot;
mod cgroup;
mod command;
mod containers;
mod draft;
mod error;
mod files;
mod folders;
mod host_files;
mod keys;
mod made;
mod mounts;
mod network;
mod process;
mod progress;
mod provider;
mod reach;
mod record;
mod requirements;
mod side_by_side;
mod sound;
mod spec;
mod subnet;
mod vagrant;
mod wait;
mod watches;

pub use draft::{Draft, Machines, Topology};
pub use error::LabError;
use folders::Folders;
pub use folders::folder_of;
pub use made::Lab;
pub use progress::{Progress, Tell};
pub use provider::{HostStatus, Provider};
pub use record::Maker;
pub use spec::{DiskLimit, HostSpec, Image, LabSpec, Login, VmSpec};
pub use subnet::Subnet;
