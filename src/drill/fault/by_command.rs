//! A command of the inventory switches a host.

use crate::drill::site::Commands;
use crate::secret::{Secret, masked};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// How long a command of the inventory may take.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs it; its words are told where it fails.
pub(super) async fn run(host: &str, command: &str, commands: &Commands) -> Result<(), String> {
    let environment = commands.environment.iter();
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", command])
        .envs(environment.map(|(name, secret)| (name, Secret::reveal(secret))))
        .kill_on_drop(true);
    let output = timeout(LIMIT, shell.output()).await;
    let output = output
        .map_err(|_| {
            format!(
                "{host}: `{command}` was not done after {} s",
                LIMIT.as_secs()
            )
        })?
        .map_err(|error| format!("{host}: `{command}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{host}: `{command}` failed ({}): {}",
        output.status,
        said.trim()
    ))
}

/// Refuses a command in whose words a secret stands: whoever is logged in here reads them while it
/// runs.
pub(super) fn discreet(host: &str, variable: &str, command: &str) -> Result<(), String> {
    let shown = masked(command);
    if shown == command {
        return Ok(());
    }
    Err(format!(
        "{variable} of {host} has a secret among its words (`{shown}`), which everybody on this machine reads in the list of processes: put it into power_environment, and let the command take it from there (ipmitool -E, curl -K -)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[tokio::test]
    async fn a_secret_goes_through_the_environment_and_is_told_nowhere() {
        let commands = Commands {
            environment: BTreeMap::from([("PLUG".to_owned(), Secret::new("Zq8-unter-Strom"))]),
            ..Commands::default()
        };
        let well = run("board", r#"[ "$PLUG" = "Zq8-unter-Strom" ]"#, &commands).await;
        assert_eq!(well, Ok(()));
        let failed = run("board", r#"echo "no: $PLUG" >&2; exit 3"#, &commands).await;
        insta::assert_snapshot!(masked(&failed.unwrap_err()), @r#"board: `echo "no: $PLUG" >&2; exit 3` failed (exit status: 3): no: ***"#);
    }

    #[test]
    fn a_command_with_a_secret_among_its_words_is_refused() {
        let _known = Secret::new("Zq8-am-Stecker");
        let refused = discreet(
            "board",
            "power_off_command",
            "curl -u admin:Zq8-am-Stecker plug",
        );
        insta::assert_snapshot!(refused.unwrap_err(), @"power_off_command of board has a secret among its words (`curl -u admin:*** plug`), which everybody on this machine reads in the list of processes: put it into power_environment, and let the command take it from there (ipmitool -E, curl -K -)");
        assert_eq!(
            discreet("board", "power_off_command", "curl -K - plug"),
            Ok(())
        );
    }
}
