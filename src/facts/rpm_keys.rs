//! The keys by which rpm knows whose packages it may take.

use super::{Ask, Foreseen, ProbeError, PublicKey, Question};
use crate::step::Output;

/// Asks which keys rpm has.
#[derive(Clone, Copy, Debug)]
pub struct RpmKeys;

/// A key that rpm has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedKey {
    /// The package as which rpm keeps it.
    pub package: String,
    /// The key.
    pub key: PublicKey,
}

impl Question for RpmKeys {
    type Answer = Vec<ImportedKey>;

    fn ask(&self) -> Ask {
        // Status 1 says that there is none.
        Ask::settled(
            "LC_ALL=C rpm -q gpg-pubkey --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n%{DESCRIPTION}\\n'; [ $? -le 1 ]",
        )
    }

    fn read(&self, output: &Output) -> Result<Vec<ImportedKey>, ProbeError> {
        if !output.ok() || output.err().lines().any(|line| line.starts_with("error:")) {
            return Err(ProbeError::answer("ask which keys rpm has", output));
        }
        let text = output.out();
        let mut found = Vec::new();
        let mut rest = text.as_str();
        while let Some((package, behind)) = rest.split_once('\n') {
            let end = behind
                .find("\ngpg-pubkey-")
                .map_or(behind.len(), |at| at + 1);
            let (armour, next) = behind.split_at(end);
            if package.starts_with("gpg-pubkey-") {
                let keys = PublicKey::read(armour)
                    .map_err(|why| ProbeError::Failed(format!("rpm's own {package}: {why}")))?;
                found.extend(keys.into_iter().map(|key| ImportedKey {
                    package: package.to_owned(),
                    key,
                }));
            }
            rest = next;
        }
        Ok(found)
    }

    fn foresee(
        &self,
        now: Result<Self::Answer, ProbeError>,
        _: &Foreseen,
    ) -> Result<Self::Answer, ProbeError> {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::openpgp::SAMPLE;

    fn read(text: &str) -> Vec<ImportedKey> {
        let output = Output {
            stdout: text.into(),
            ..Output::default()
        };
        RpmKeys.read(&output).unwrap()
    }

    #[test]
    fn each_key_is_read_with_the_package_that_holds_it() {
        let text = format!("gpg-pubkey-1-2\n{SAMPLE}\ngpg-pubkey-3-4\n{SAMPLE}\n");
        let packages: Vec<String> = read(&text).into_iter().map(|key| key.package).collect();
        assert_eq!(packages, ["gpg-pubkey-1-2", "gpg-pubkey-3-4"]);
        assert_eq!(read("package gpg-pubkey is not installed\n"), []);
    }
}
