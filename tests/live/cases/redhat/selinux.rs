//! `SELinux` can't be in force in a container. So what is asked of its tools is looked at, by stand-ins that
//! keep a file's context beside it, and write down what they were asked.

use super::start;
use crate::lab::Lab;

/// Where contexts are kept by the stand-ins: an extended attribute of the user's, which moves with a file.
const TOOLS: &str = r#"set -e
apt-get -y -q --no-install-recommends install attr >/dev/null
cd /usr/local/sbin
printf '#!/bin/sh\nexit 0\n' >selinuxenabled
cat >matchpathcon <<'T'
#!/bin/sh
echo "matchpathcon $*" >>/run/asked
for path do :; done
case $path in
/etc/pg/*) echo system_u:object_r:postgresql_etc_t:s0 ;;
*) echo '<<none>>' ;;
esac
T
cat >chcon <<'T'
#!/bin/sh
echo "chcon $*" >>/run/asked
for path do :; done
case $1 in
--reference=*) context=$(getfattr --only-values -n user.context -- "${1#*=}") || exit ;;
-h) context=$3 ;;
*) context=$2 ;;
esac
[ -L "$path" ] || setfattr -n user.context -v "$context" -- "$path"
T
chmod 755 selinuxenabled matchpathcon chcon
mkdir /etc/pg /srv/plain
echo old >/etc/pg/kept
setfattr -n user.context -v system_u:object_r:cert_t:s0 /etc/pg/kept
"#;

pub fn kept(lab: &Lab) {
    lab.up();
    start(lab, "pg-a", TOOLS).end(300).with_code(0);
    let site = lab.write(
        "selinux.yml",
        "\
- hosts: pg-a
  become: true
  gather_facts: false
  tasks:
    - copy: { dest: /etc/pg/kept, content: new, backup: true }
    - lineinfile: { path: /etc/pg/kept, line: more }
    - copy: { dest: /etc/pg/made, content: new }
    - file: { path: /etc/pg/folder, state: directory }
    - file: { path: /etc/pg/link, src: made, state: link }
    - copy: { dest: /srv/plain/made, content: new }
",
    );
    lab.trueup(&["apply", &site])
        .with_code(0)
        .saying("changed=6");
    let context = |path: &str| {
        let ask = "getfattr --absolute-names --only-values -n user.context";
        lab.ask("pg-a", &format!("sudo {ask} {path} 2>/dev/null; true"))
    };
    assert_eq!(context("/etc/pg/kept"), "system_u:object_r:cert_t:s0");
    assert_eq!(context("/etc/pg/kept.*~"), "system_u:object_r:cert_t:s0");
    for path in ["/etc/pg/made", "/etc/pg/folder"] {
        assert_eq!(context(path), "system_u:object_r:postgresql_etc_t:s0");
    }
    assert_eq!(context("/srv/plain/made"), "");
    let asked = lab.ask("pg-a", "cat /run/asked");
    for said in [
        "matchpathcon -n -m file -- /etc/pg/made",
        "matchpathcon -n -m dir -- /etc/pg/folder",
        "matchpathcon -n -m lnk_file -- /etc/pg/link",
        "chcon -h -- system_u:object_r:postgresql_etc_t:s0 ./link",
    ] {
        assert!(asked.lines().any(|line| line == said), "{said}\n{asked}");
    }
}
