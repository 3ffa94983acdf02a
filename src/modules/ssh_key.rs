//! A new SSH key with its public half, made on the host.

use crate::secret::Secret;
use crate::step::{Script, pinned, quote};

/// What is made.
pub struct NewKey<'a> {
    /// The private half's path; `.pub` is added to it for the other.
    pub path: &'a str,
    /// `ed25519`, `rsa`
    pub kind: &'a str,
    /// Its bits, where the kind leaves a choice.
    pub bits: Option<u32>,
    /// Its comment, quoted for a shell.
    pub comment: String,
    /// Its passphrase.
    pub passphrase: Option<&'a Secret>,
    /// Who owns both (`OWNER:GROUP`); empty: who makes them.
    pub whom: &'a str,
    /// The permissions of both, in octal; empty: the usual ones.
    pub mode: &'a str,
    /// What is done before: lines of [`pinned`].
    pub before: &'a str,
}

impl NewKey<'_> {
    /// Makes it whole in a folder where nobody else comes in, then puts both halves in place.
    pub fn script(&self) -> Script {
        let bits = self.bits.map(|bits| format!("-b {bits} "));
        // The passphrase never becomes an argument: ssh-keygen would take it only as one, so it is
        // set by a terminal-less change that reads it from an askpass script's environment.
        let passphrase = if self.passphrase.is_some() {
            "IFS= read -r TRUEUP_PASS; export TRUEUP_PASS\na=$(mktemp) || exit\n\
             printf '#!/bin/sh\\nprintf \"%%s\\\\n\" \"$TRUEUP_PASS\"\\n' >\"$a\"; chmod 700 \"$a\"\n\
             export SSH_ASKPASS=\"$a\" SSH_ASKPASS_REQUIRE=force DISPLAY=none\nn=\n"
        } else {
            "n=\"-N ''\"\n"
        };
        let both = |tool: &str, word: &str| match word {
            "" => String::new(),
            word => format!("{tool} {} \"$f\" \"$f.pub\" || exit\n", quote(word)),
        };
        let usual = "chmod 644 \"$f.pub\" || exit\n".to_owned();
        let access = usual + &both("chown", self.whom) + &both("chmod", self.mode);
        let text = format!(
            "command -v ssh-keygen >/dev/null || {{ echo 'ssh-keygen is not there: install openssh-client first' >&2; exit 127; }}\n\
             c={}\n{}beside {}\napart\nf=./$name\numask 077\n{passphrase}\
             eval \"ssh-keygen -q -t {} {}-C \\\"\\$c\\\" $n -f \\\"\\$f\\\"\" </dev/null\ns=$?\n\
             [ -z \"${{a:-}}\" ] || rm -f \"$a\"\n[ $s = 0 ] || exit $s\n\
             {access}settle \"$name.pub\"\nsettle \"$name\"\nleave\n",
            self.comment,
            self.before,
            quote(self.path),
            quote(self.kind),
            bits.unwrap_or_default(),
        );
        let secret = self
            .passphrase
            .map(|secret| format!("{}\n", secret.reveal()));
        Script::new(pinned::script(&text)).stdin(secret.unwrap_or_default())
    }
}
