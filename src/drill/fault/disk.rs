//! The disk is full: only where the data has a file system of its own, never the system's.

use super::{Act, Done, named, server, watch};
use crate::drill::site::Site;
use crate::step::quote;

/// What the switch is called.
const SWITCH: &str = "disk";
/// The file that takes all the space.
const FILLER: &str = ".trueup-drill-filler";

/// The file systems of the data folders on these hosts are filled up.
pub(super) struct FillDisk {
    pub hosts: Vec<String>,
}

/// Where the file system of a server's data is mounted, refused where it is anybody else's too.
async fn mount(site: &Site, host: &str) -> Result<String, String> {
    let data = server::find(site, host).await?.data;
    let text = format!("df --output=source,target {} | tail -n 1", quote(&data));
    let said = site.ground.sh(host, text).await?;
    match said.split_once(char::is_whitespace) {
        Some((source, target)) if source.starts_with("/dev/") && target.trim() != "/" => {
            Ok(target.trim().to_owned())
        }
        _ => Err(format!(
            "{host}: the data in {data} has no file system of its own ({said}), and a full system disk is nothing to play with: in a lab say lab_disk_limit: {{path: /var/lib/postgresql, mib: 1024}} for this host"
        )),
    }
}

fn undo(mount: &str) -> String {
    format!("rm -f {}", quote(&format!("{mount}/{FILLER}")))
}

impl Act for FillDisk {
    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    fn words(&self) -> String {
        format!("the disk of {} is full", named(&self.hosts))
    }

    fn undo_words(&self) -> Option<String> {
        Some(format!("the disk of {} has room again", named(&self.hosts)))
    }

    fn check<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                watch::check(site, host).await?;
                mount(site, host).await?;
            }
            Ok(())
        })
    }

    fn strike<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                let mount = mount(site, host).await?;
                let text = watch::armed(SWITCH, &undo(&mount))
                    + &format!(
                        "filler={}\nfallocate -l \"$(df -B1 --output=avail {} | tail -n 1 | tr -d ' ')\" \"$filler\" 2>/dev/null
dd if=/dev/zero of=\"$filler\" bs=4k oflag=append conv=notrunc 2>/dev/null
[ -s \"$filler\" ]",
                        quote(&format!("{mount}/{FILLER}")),
                        quote(&mount)
                    );
                site.ground.sh(host, text).await?;
            }
            Ok(())
        })
    }

    fn undo<'a>(&'a self, site: &'a Site) -> Done<'a> {
        Box::pin(async move {
            for host in &self.hosts {
                // The server may be down, so it does not say where it is; the filler does.
                let text = format!(
                    "findmnt -rno TARGET | while read -r at; do [ ! -f \"$at/{FILLER}\" ] || rm \"$at/{FILLER}\" || exit 1; done"
                );
                watch::heal(site, host, SWITCH, &text).await?;
            }
            Ok(())
        })
    }
}
