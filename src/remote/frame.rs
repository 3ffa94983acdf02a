//! The words that go to a persistent shell and come back from it.
//!
//! To the shell: a line `MARK LINES MODE`, as many lines of script, and in mode 1 one more line
//! with the script's stdin in printf's octal escapes; in mode 2 all that follows is the script's
//! stdin. From the shell: what the script prints, then `MARK STATUS` on stdout and `MARK` on
//! stderr. The mark is random and taken out of the script's sight before it runs.

use std::fmt::Write;

/// Reads scripts from stdin and runs each in a subshell. It is the *argument* of `sh -c`: dash and
/// busybox read ahead on a script that comes over stdin. `read` takes stdin byte by byte, so it
/// never takes what belongs to the script. A connection that dies within a script runs none of it.
/// No quote, newline or exclamation mark in it, so that any login shell can hand it on. What a script
/// reads must pass through a command of the shell itself, since the words of others stand in the
/// process list: mksh has no printf, but print.
const LOOP: &str = concat!(
    r#"export LC_ALL=C.UTF-8;umask 022;PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin;"#,
    r#"cd ~ 2>/dev/null||cd /;_e=$(printf "\n_");_e=${_e%_};_g=$$;"#,
    r#"read -r _x _x _x _x _g _x 2>/dev/null </proc/$$/stat;"#,
    r#"_p="printf %b";case $(command -v printf) in */*)_p="print -n --";"#,
    r#"command -v print >/dev/null||{ echo "its sh has no printf of its own" >&2;exit 1;};;esac;"#,
    r#"echo "@ $_g";echo "@" >&2;"#,
    r#"while read -r _m _n _s;do _t=;"#,
    r#"while [ $_n -gt 0 ];do IFS= read -r _l||exit;_t=$_t$_l$_e;_n=$((_n-1));done;"#,
    r#"case $_s in 0)(unset _m _s _l;eval " $_t")</dev/null;;"#,
    r#"1)IFS= read -r _i||exit;$_p "$_i"|(unset _m _s _l _i;eval " $_t");;"#,
    r#"*)(unset _m _l;eval " $_t");;esac;"#,
    r#"_r=$?;echo "$_m $_r";echo "$_m" >&2;"#,
    r#"[ $_s = 2 ]&&exit;done"#,
);

/// How a script gets its stdin.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// These bytes, within the frame; the shell takes more scripts afterwards.
    Framed(&'a [u8]),
    /// All that follows the frame; the shell ends with the script.
    Rest,
}

/// A random mark.
pub(super) fn mark() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::from("~trueup:"), |mut mark, byte| {
            // Writing to a String can't fail.
            let _ = write!(mark, "{byte:02x}");
            mark
        }))
}

/// The shell's text; it greets with the mark and its process group.
pub(super) fn shell_text(hello: &str) -> String {
    LOOP.replace('@', hello)
}

/// A script as the shell reads it.
pub(super) fn frame(mark: &str, text: &str, input: Input<'_>) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let lines = text.split('\n').count();
    let mode = match input {
        Input::Framed([]) => 0,
        Input::Framed(_) => 1,
        Input::Rest => 2,
    };
    let mut frame = format!("{mark} {lines} {mode}\n{text}\n");
    if let Input::Framed(bytes @ [_, ..]) = input {
        for &byte in bytes {
            if byte.is_ascii_alphanumeric() {
                frame.push(char::from(byte));
            } else {
                let _ = write!(frame, "\\0{byte:03o}");
            }
        }
        frame.push('\n');
    }
    frame.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_counts_its_lines_and_escapes_its_stdin() {
        let frame = |text, input| String::from_utf8(frame("~m", text, input)).expect("ascii");
        assert_eq!(frame("a\nb\n", Input::Framed(b"")), "~m 2 0\na\nb\n");
        assert_eq!(
            frame("a", Input::Framed(b"x\0-%")),
            "~m 1 1\na\nx\\0000\\0055\\0045\n"
        );
        assert_eq!(frame("", Input::Rest), "~m 1 2\n\n");
    }
}
