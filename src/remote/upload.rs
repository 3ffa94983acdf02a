//! The script that puts a file in place whole; its content comes over stdin.

use crate::step::{Script, Upload, quote};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Takes stdin in beside the destination, and moves it over the destination only when it is whole,
/// has its owner and mode, is valid and synced. A link at the destination is replaced: whoever wants
/// what it leads to names that.
const BODY: &str = r#"
say() { printf '%s\n' "$*" >&2; exit 1; }
[ -d "$path" ] && say "$path is a folder, not a file"
folder=${path%/*}; name=${path##*/}
[ -d "${folder:=/}" ] || say "there is no folder $folder"
if [ -e "$path" ] && ! [ -L "$path" ]; then
    old=$(stat -c '%a %u %g' -- "$path") || exit
    set -- $old
    : "${mode:=$1}"; kept_owner=$2; kept_group=$3
fi
new=
trap '[ -z "$new" ] || rm -f -- "$new"' EXIT
trap '' PIPE; trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM
new=$(umask 077; mktemp "$folder/.$name.XXXXXX") || exit
exec 3>"$new" || exit
if [ -n "$owner$group" ]; then chown -- "${owner:-${kept_owner-}}${group:+:$group}" "$new" || exit; fi
if [ -n "${kept_owner-}" ]; then
    [ -n "$owner" ] || [ -n "$group" ] || chown -- "$kept_owner:$kept_group" "$new" 2>/dev/null
    [ -z "$owner" ] || [ -n "$group" ] || chgrp -- "$kept_group" "$new" 2>/dev/null
fi
chmod -- "${mode:=644}" "$new" || exit
cat >&3 || exit
exec 3>&-
if command -v sha256sum >/dev/null; then
    got=$(sha256sum <"$new") || exit
    [ "${got%% *}" = "$sum" ] || say "not all of $path arrived; the old file stands"
else
    got=$(wc -c <"$new") || exit
    [ "$((got))" = "$size" ] || say "not all of $path arrived; the old file stands"
fi
chmod -- "$mode" "$new" || exit
validate "$new" || say "$path would not be valid; the old file stands"
sync -- "$new" || exit
if [ -n "$backup" ] && [ -e "$path" ]; then
    kept=$path.$$.$(date +%Y-%m-%d@%H:%M:%S~)
    cp -p -- "$path" "$kept" || exit
    printf '%s\n' "$kept"
fi
mv -f -- "$new" "$path" || exit
new=
sync -- "$folder" 2>/dev/null || :
"#;

/// The script for an upload. On stdout it prints the backup's path, where one was made.
pub(super) fn script(upload: &Upload) -> Script {
    let sum = Sha256::digest(&upload.content)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String can't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
    let word = |word: &Option<String>| quote(word.as_deref().unwrap_or_default());
    let mode = upload
        .mode
        .map(|mode| format!("{mode:o}"))
        .unwrap_or_default();
    let validate = match &upload.validate {
        // As in Ansible, the path replaces %s in the command's text, whatever quotes it stands in.
        Some(command) => {
            let pieces: Vec<String> = command.split("%s").map(quote).collect();
            format!("sh -c {} >&2 </dev/null", pieces.join("\"$1\""))
        }
        None => ":".to_owned(),
    };
    Script::new(format!(
        "path={}\nowner={}\ngroup={}\nmode={mode}\nbackup={}\nsum={sum}\nsize={}\nvalidate() {{ {validate}\n}}\n{BODY}",
        quote(&upload.path),
        word(&upload.owner),
        word(&upload.group),
        if upload.backup { "yes" } else { "''" },
        upload.content.len(),
    ))
}
