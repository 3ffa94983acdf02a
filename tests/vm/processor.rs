//! What a machine's processor decides.

use std::path::Path;

/// A kind of processor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    /// A PC's.
    X86,
    /// A board's.
    Arm,
}

impl Processor {
    /// As Debian calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86 => "amd64",
            Self::Arm => "arm64",
        }
    }

    /// Further words for `dev/vm-image`.
    pub fn image_words(self) -> &'static [&'static str] {
        match self {
            Self::X86 => &[],
            Self::Arm => &["--arm64"],
        }
    }

    /// How long it may take to make the image: on a PC all programs of another processor's are emulated.
    pub fn image_limit(self) -> u64 {
        match self {
            Self::X86 => 1200,
            Self::Arm => 5400,
        }
    }

    /// The program that is the machine.
    pub fn qemu(self) -> &'static str {
        match self {
            Self::X86 => "qemu-system-x86_64",
            Self::Arm => "qemu-system-aarch64",
        }
    }

    /// Its words: what the machine is, and how it boots the image.
    pub fn machine(self, image: &Path) -> Vec<String> {
        match self {
            Self::X86 => owned(&["-machine", "q35"]),
            // UEFI starts the kernel, and tells it what a board says of itself.
            Self::Arm => {
                let beside = |what: &str| format!("{}.{what}", image.display());
                owned(&[
                    "-machine",
                    "virt",
                    "-cpu",
                    "max",
                    "-bios",
                    "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
                    "-kernel",
                    &beside("kernel"),
                    "-initrd",
                    &beside("initrd"),
                    "-append",
                    // Signed pointers are slow to emulate.
                    "root=LABEL=root ro net.ifnames=0 console=ttyAMA0 mitigations=off arm64.nopauth",
                ])
            }
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
