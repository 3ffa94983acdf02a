//! Labs of virtual machines: Vagrant makes them, the hypervisor's own tool breaks them.
//!
//! Vagrant knows how to get boxes, to clone them and to give them networks; but it has no words for
//! a pulled plug or a cut cable, and takes seconds to start. So what must be sudden, and what is
//! asked often, goes straight to `VBoxManage` or virsh.

mod host_only_nets;
mod hypervisor;
mod libvirt;
mod made;
mod networks_conf;
mod project;
mod provider;
mod requirements;
mod tool;
mod version;
mod virtualbox;

pub(super) use hypervisor::Hypervisor;
pub(super) use provider::Vagrant;
