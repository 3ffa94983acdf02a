//! Passwords as PostgreSQL stores them (SCRAM-SHA-256, RFC 5802 and 7677), computed on the
//! controller: the plain text never reaches the server or its log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

type Hmac = hmac::Hmac<Sha256>;

/// As many rounds as PostgreSQL uses by default.
const ITERATIONS: u32 = 4096;

/// What the server stores for `password`: `SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY`.
pub fn verifier(password: &str, salt: &[u8]) -> String {
    compute(password, salt, ITERATIONS)
}

/// Whether `stored` (from `pg_authid`) is a verifier of `password`.
pub fn matches(password: &str, stored: &str) -> bool {
    let parsed = stored.strip_prefix("SCRAM-SHA-256$").and_then(|rest| {
        let (head, _) = rest.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        Some((iterations.parse().ok()?, STANDARD.decode(salt).ok()?))
    });
    let Some((iterations, salt)) = parsed else {
        return false;
    };
    compute(password, &salt, iterations) == stored
}

/// Whether a given password is one that the server would store as it is.
pub fn is_hashed(password: &str) -> bool {
    let md5 = password
        .strip_prefix("md5")
        .is_some_and(|hex| hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()));
    md5 || (password.starts_with("SCRAM-SHA-256$") && password.matches('$').count() == 2)
}

fn compute(password: &str, salt: &[u8], iterations: u32) -> String {
    // The server takes a password that SASLprep refuses as its bytes.
    let prepared = stringprep::saslprep(password).unwrap_or(password.into());
    let mut salted = [0_u8; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(prepared.as_bytes(), salt, iterations, &mut salted);
    let stored_key = Sha256::digest(sign(&salted, b"Client Key"));
    let server_key = sign(&salted, b"Server Key");
    format!(
        "SCRAM-SHA-256${iterations}:{}${}:{}",
        STANDARD.encode(salt),
        STANDARD.encode(stored_key),
        STANDARD.encode(server_key)
    )
}

fn sign(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A key of this length is never refused: HMAC takes every length.
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange in RFC 7677: the server's key must sign as the RFC prints it.
    #[test]
    fn the_keys_are_those_of_the_rfc() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let text = verifier("pencil", &salt);
        let server_key = STANDARD.decode(text.rsplit_once(':').unwrap().1).unwrap();
        let exchange = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
            s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = sign(&server_key.try_into().unwrap(), exchange.as_bytes());
        assert_eq!(
            STANDARD.encode(signature),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }

    #[test]
    fn a_verifier_matches_its_password_alone() {
        let stored = verifier("päss wörd", b"0123456789abcdef");
        assert!(matches("päss wörd", &stored));
        assert!(!matches("pass word", &stored));
        assert!(!matches("x", "md5aaaa"));
        assert!(is_hashed(&stored));
        assert!(is_hashed("md59543f1d82624df2b31672ec0f7050460"));
        assert!(!is_hashed("md5 is old"));
    }
}
