//! Logging in: the agent's keys, keys in files, a password.

use super::RemoteError;
use super::checker::Checker;
use super::endpoint::Endpoint;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{self, HashAlg, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

/// sshd's own default is to end a connection after six refused tries.
const TRIES: usize = 5;

/// Logs in, or says what was tried.
pub(super) async fn log_in(
    session: &mut Handle<Checker>,
    endpoint: &Endpoint,
) -> Result<(), RemoteError> {
    let mut login = Login {
        session,
        endpoint,
        tried: Vec::new(),
        spent: Vec::new(),
        methods: None,
        went_on: false,
    };
    if login.all().await.map_err(|error| login.broken(&error))? {
        return Ok(());
    }
    Err(RemoteError::Auth(login.refusal()))
}

struct Login<'a> {
    session: &'a mut Handle<Checker>,
    endpoint: &'a Endpoint,
    tried: Vec<String>,
    /// What was tried and is not tried again.
    spent: Vec<Spent>,
    /// What the host takes next.
    methods: Option<MethodSet>,
    /// Whether the host took the last one and wants another one besides.
    went_on: bool,
}

/// What was tried.
#[derive(PartialEq)]
enum Spent {
    Key(KeyData),
    Password,
    Prompts,
}

impl Login<'_> {
    async fn all(&mut self) -> Result<bool, russh::Error> {
        let none = self.session.authenticate_none(&self.endpoint.user).await?;
        if self.accepted(none) {
            return Ok(true);
        }
        // Some hosts want several (a key and a password): each that is taken changes what is next.
        loop {
            self.went_on = false;
            if self.keys().await? || (!self.went_on && self.password().await?) {
                return Ok(true);
            }
            if !self.went_on {
                return Ok(false);
            }
        }
    }

    async fn keys(&mut self) -> Result<bool, russh::Error> {
        if !self.offers(MethodKind::PublicKey) {
            return Ok(false);
        }
        let endpoint = self.endpoint;
        // A key that was named for this host goes first, before an agent's may use the tries up.
        for file in &endpoint.named_keys {
            if self.key_file(file, true).await? {
                return Ok(true);
            }
            if self.went_on {
                return Ok(false);
            }
        }
        if self.agent().await? {
            return Ok(true);
        }
        for file in &endpoint.default_keys {
            if self.went_on {
                return Ok(false);
            }
            if self.key_file(file, false).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn offers(&self, method: MethodKind) -> bool {
        self.methods
            .as_ref()
            .is_none_or(|methods| methods.contains(&method))
    }

    fn accepted(&mut self, result: AuthResult) -> bool {
        match result {
            AuthResult::Success => true,
            AuthResult::Failure {
                remaining_methods,
                partial_success,
            } => {
                self.methods = Some(remaining_methods);
                self.went_on = partial_success;
                false
            }
        }
    }

    /// The same, and how it went.
    fn weighed(&mut self, what: &str, result: AuthResult) -> bool {
        let accepted = self.accepted(result);
        self.tried.push(if self.went_on {
            format!("{what} was taken, but is not enough")
        } else {
            format!("{what} was refused")
        });
        accepted
    }

    /// Whether that key is still to be tried; it is not any more after this.
    fn spend(&mut self, key: &PublicKey) -> bool {
        let spent = Spent::Key(key.key_data().clone());
        let fresh = !self.spent.contains(&spent);
        if fresh {
            self.spent.push(spent);
        }
        fresh
    }

    fn tries(&self) -> usize {
        self.spent.len()
    }

    async fn key_file(&mut self, file: &Path, named: bool) -> Result<bool, russh::Error> {
        let shown = file.display();
        if !named && !file.exists() {
            return Ok(false);
        }
        if let Some(mode) = too_open(file) {
            self.tried.push(format!(
                "the key {shown} was not used, since its permissions {mode:04o} are too open and \
                 others can get at it: run `chmod 600 {shown}`"
            ));
            return Ok(false);
        }
        let key = match keys::load_secret_key(file, None) {
            Ok(key) => key,
            Err(keys::Error::KeyIsEncrypted) => {
                self.tried.push(format!(
                    "the key {shown} is encrypted: hand it to the agent with `ssh-add {shown}`"
                ));
                return Ok(false);
            }
            Err(error) => {
                self.tried
                    .push(format!("the key {shown} can't be read: {error}"));
                return Ok(false);
            }
        };
        if self.tries() >= TRIES {
            self.tried
                .push(format!("the key {shown} was not tried: too many before it"));
            return Ok(false);
        }
        if !self.spend(key.public_key()) {
            return Ok(false);
        }
        let hash = self.rsa_hash(key.public_key()).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let result = self
            .session
            .authenticate_publickey(&self.endpoint.user, key)
            .await?;
        Ok(self.weighed(&format!("the key {shown}"), result))
    }

    async fn rsa_hash(&self, key: &PublicKey) -> Result<Option<HashAlg>, russh::Error> {
        if !key.algorithm().is_rsa() {
            return Ok(None);
        }
        // A host that doesn't say what it takes is asked for sha2: ssh-rsa's SHA-1 is no signature.
        let best = self.session.best_supported_rsa_hash().await?;
        Ok(best.flatten().or(Some(HashAlg::Sha512)))
    }

    async fn agent(&mut self) -> Result<bool, russh::Error> {
        let Some(socket) = &self.endpoint.agent else {
            return Ok(false);
        };
        let mut agent = match AgentClient::connect_uds(socket).await {
            Ok(agent) => agent,
            Err(error) => {
                self.tried.push(format!(
                    "the agent at {} does not answer: {error}",
                    socket.display()
                ));
                return Ok(false);
            }
        };
        let identities = match agent.request_identities().await {
            Ok(identities) => identities,
            Err(error) => {
                self.tried.push(format!("the agent lists no keys: {error}"));
                return Ok(false);
            }
        };
        let only: Vec<PublicKey> = self
            .endpoint
            .named_keys
            .iter()
            .filter_map(|file| public_half(file))
            .collect();
        for identity in identities {
            let key = identity.public_key().into_owned();
            let named = only.iter().any(|only| only.key_data() == key.key_data());
            if self.endpoint.identities_only && !named {
                continue;
            }
            if self.tries() >= TRIES {
                self.tried.push("the agent holds more keys than the host lets one try: name the right one with IdentityFile and IdentitiesOnly".to_owned());
                break;
            }
            if !self.spend(&key) {
                continue;
            }
            let hash = self.rsa_hash(&key).await?;
            let user = &self.endpoint.user;
            match self
                .session
                .authenticate_publickey_with(user, key, hash, &mut agent)
                .await
            {
                Ok(result) => {
                    let accepted =
                        self.weighed(&format!("the agent's key {}", identity.comment()), result);
                    if accepted || self.went_on {
                        return Ok(accepted);
                    }
                }
                Err(error) => self.tried.push(format!(
                    "the agent did not sign with its key {}: {error}",
                    identity.comment()
                )),
            }
        }
        Ok(false)
    }

    async fn password(&mut self) -> Result<bool, russh::Error> {
        let Some(password) = &self.endpoint.password else {
            return Ok(false);
        };
        let user = &self.endpoint.user;
        if self.offers(MethodKind::Password) && !self.spent.contains(&Spent::Password) {
            self.spent.push(Spent::Password);
            let result = self
                .session
                .authenticate_password(user, password.reveal())
                .await?;
            let accepted = self.weighed("the password", result);
            if accepted || self.went_on {
                return Ok(accepted);
            }
        }
        if !self.offers(MethodKind::KeyboardInteractive) || self.spent.contains(&Spent::Prompts) {
            return Ok(false);
        }
        self.spent.push(Spent::Prompts);
        let mut answer = self
            .session
            .authenticate_keyboard_interactive_start(user, None::<String>)
            .await?;
        // Hosts ask once for the password, and once more with nothing to answer.
        for _ in 0..4 {
            let prompts = match answer {
                KeyboardInteractiveAuthResponse::Success => return Ok(true),
                KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                } => {
                    let result = AuthResult::Failure {
                        remaining_methods,
                        partial_success,
                    };
                    return Ok(self.weighed("the password, asked for in words,", result));
                }
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
            };
            let words = prompts
                .iter()
                .map(|_| password.reveal().to_owned())
                .collect();
            answer = self
                .session
                .authenticate_keyboard_interactive_respond(words)
                .await?;
        }
        self.tried
            .push("the host went on asking after it was told the password".to_owned());
        Ok(false)
    }

    fn refusal(&self) -> String {
        let Endpoint { user, host, .. } = self.endpoint;
        let mut words = format!("{host} does not let {user} in");
        if self.tried.is_empty() {
            words.push_str(": there was no key and no password to try");
        } else {
            words.push_str(": ");
            words.push_str(&self.tried.join("; "));
        }
        if let Some(methods) = &self.methods
            && !methods.is_empty()
        {
            let names: Vec<&str> = methods.iter().map(Into::into).collect();
            words.push_str(". It takes ");
            words.push_str(&names.join(", "));
        }
        words
            .push_str(". Say who with -u, and give a key with --private-key or a password with -k");
        words
    }

    fn broken(&self, error: &russh::Error) -> RemoteError {
        RemoteError::Auth(format!(
            "{} (the connection ended: {error})",
            self.refusal()
        ))
    }
}

/// The permissions of a key of ours that others can get at: as OpenSSH holds it, such a key is
/// nobody's secret.
fn too_open(file: &Path) -> Option<u32> {
    let meta = std::fs::metadata(file).ok()?;
    let mode = meta.mode() & 0o7777;
    (meta.uid() == rustix::process::getuid().as_raw() && mode & 0o077 != 0).then_some(mode)
}

/// The public half of a key file, without its passphrase.
fn public_half(file: &Path) -> Option<PublicKey> {
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    keys::load_public_key(Path::new(&public))
        .ok()
        .or_else(|| Some(keys::load_secret_key(file, None).ok()?.public_key().clone()))
}
