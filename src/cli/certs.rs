//! `trueup certs`

use super::ending::{Done, Failure};
use super::input::Sources;
use crate::diag::Diag;
use crate::engine::State;
use crate::report;
use crate::secret::{
    AuthorityStanding, Kept, KeptCertificate, PkiError, kept_certificates, renew_certificates,
};
use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::Path;

/// Show and renew the certificates that the controller keeps for an inventory
///
/// They lie in the folder `pki` of the inventory's state, with their keys and the authority that
/// signs them. A new one is made when less than a third of its life is left, and the next apply
/// installs it. playbooks/change-ca.yml changes the authority.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  trueup certs show -i inventories/lab-patroni-etcd
  trueup certs show -i inventories/lab-patroni-etcd --json | jq '.certificates[].days_left'
  trueup certs renew pg-a -i inventories/lab-patroni-etcd     then apply, which installs it
  trueup certs show --detailed-exitcode || mail -s 'renew certificates' dba < /dev/null")]
pub struct Args {
    #[command(flatten)]
    sources: Sources,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show every certificate: what it is for, how long it lasts, who signed it
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Exit with 5 when something is due: an end that is near, an authority in its change
        #[arg(long)]
        detailed_exitcode: bool,
    },
    /// Make new certificates for the same names; the next apply installs them
    Renew {
        /// Certificates; none means all of them
        names: Vec<String>,
    },
}

/// Does it.
pub fn run(args: &Args) -> Result<Done, Failure> {
    let inventory = args.sources.load()?;
    let state = State::of(&inventory).folder().map_err(Failure::own)?;
    let folder = state.join("pki");
    match &args.verb {
        Verb::Show {
            json,
            detailed_exitcode,
        } => show(&folder, *json, *detailed_exitcode),
        Verb::Renew { names } => renew(&folder, names),
    }
}

fn show(folder: &Path, json: bool, detailed_exitcode: bool) -> Result<Done, Failure> {
    let kept = kept_certificates(folder).map_err(wrong)?;
    match (&kept, json) {
        (_, true) => report::print_json(&kept).map_err(Failure::own)?,
        (Some(kept), false) => report::print(&kept_text(kept, folder)),
        (None, false) => report::print(&format!(
            "No certificates are kept in {}: the first apply that needs one makes them.\n",
            folder.display()
        )),
    }
    Ok(
        if detailed_exitcode && kept.is_some_and(|kept| is_due(&kept)) {
            Done::Differs
        } else {
            Done::Well
        },
    )
}

fn renew(folder: &Path, names: &[String]) -> Result<Done, Failure> {
    let renewed = renew_certificates(folder, names).map_err(wrong)?;
    let text = if renewed.is_empty() {
        format!("No certificates are kept in {}.\n", folder.display())
    } else {
        format!(
            "New certificates: {}. The next apply installs them.\n",
            renewed.join(", ")
        )
    };
    report::print(&text);
    Ok(Done::Well)
}

fn wrong(error: PkiError) -> Failure {
    match &error {
        PkiError::Unknown { name, known } => {
            let diag = Diag::error(error.to_string());
            let diag = diag.help(format!("these are: {}", known.join(", ")));
            Failure::input(diag.suggest(name, known.iter().map(String::as_str)))
        }
        PkiError::Broken(_) => Failure::input(Diag::error(error.to_string())),
        _ => Failure::own(error),
    }
}

fn is_due(kept: &Kept) -> bool {
    kept.standing != AuthorityStanding::Settled
        || kept.authorities.iter().any(|one| one.due)
        || kept.certificates.iter().any(|one| one.due)
}

/// All that is kept, and what is to be done about it.
fn kept_text(kept: &Kept, folder: &Path) -> String {
    let mut text = format!("{}\n\n", folder.display());
    let signs = |index: usize| match (index, kept.standing) {
        (0, _) => "signs",
        (_, AuthorityStanding::TrustBoth) => "trusted already, signs next",
        _ => "trusted still, signs no more",
    };
    let rows = kept.authorities.iter().enumerate().map(|(index, one)| {
        let renewed = one
            .renewed
            .map_or_else(|| "by whoever made it".to_owned(), day);
        [
            one.name.clone(),
            signs(index).to_owned(),
            one.fingerprint.clone(),
            day(one.begin),
            day(one.end),
            one.days_left.to_string(),
            renewed,
        ]
    });
    let head = [
        "AUTHORITY",
        "",
        "FINGERPRINT",
        "FROM",
        "UNTIL",
        "DAYS",
        "RENEWED",
    ];
    text += &table(head, rows.collect());
    text.push('\n');
    let rows = kept.certificates.iter().map(|one| {
        [
            one.name.clone(),
            usage(one).to_owned(),
            one.authority
                .clone()
                .unwrap_or_else(|| "of no trusted authority".to_owned()),
            day(one.begin),
            day(one.end),
            one.days_left.to_string(),
            one.renewed.map_or_else(String::new, day),
        ]
    });
    let head = [
        "CERTIFICATE",
        "FOR",
        "AUTHORITY",
        "FROM",
        "UNTIL",
        "DAYS",
        "RENEWED",
    ];
    text += &table(head, rows.collect());
    text.push('\n');
    for one in &kept.certificates {
        let sans: Vec<&str> = one.sans.iter().map(String::as_str).collect();
        text += &format!("{}: {}\n", one.name, sans.join(", "));
    }
    let warnings = warnings(kept);
    if !warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings {
        text += &format!("! {warning}\n");
    }
    text
}

fn warnings(kept: &Kept) -> Vec<String> {
    let mut warnings = Vec::new();
    let go_on = "playbooks/change-ca.yml goes on with it";
    match kept.standing {
        AuthorityStanding::Missing | AuthorityStanding::Settled => {}
        AuthorityStanding::TrustBoth => warnings.push(format!(
            "the authority is being changed: both are trusted, the old one signs; {go_on}"
        )),
        AuthorityStanding::SignNew => warnings.push(format!(
            "the authority is being changed: the new one signs, the old one is trusted still; {go_on}"
        )),
    }
    for one in kept.authorities.iter().filter(|one| one.due) {
        let what = if one.renewed.is_some() {
            "the next apply prolongs it"
        } else {
            "it is not trueup's to prolong: put another into authorities/next.pem and apply playbooks/change-ca.yml"
        };
        warnings.push(format!("the authority {}{}; {what}", one.name, end(one)));
    }
    for one in kept.certificates.iter().filter(|one| one.due) {
        warnings.push(format!(
            "{}{}; the next apply makes a new one",
            one.name,
            end(one)
        ));
    }
    warnings
}

fn end(one: &KeptCertificate) -> String {
    match one.days_left {
        ..0 => " has ended".to_owned(),
        days if one
            .renewed
            .is_none_or(|renewed| renewed <= Timestamp::now().as_second()) =>
        {
            format!(" ends in {days} days")
        }
        _ => " was made for other authorities than those that are trusted now".to_owned(),
    }
}

fn usage(one: &KeptCertificate) -> &'static str {
    match (one.server, one.client) {
        (true, true) => "server, client",
        (true, false) => "server",
        (false, true) => "client",
        (false, false) => "nothing",
    }
}

fn day(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(
        |_| "?".to_owned(),
        |time| {
            time.to_zoned(TimeZone::UTC)
                .strftime("%Y-%m-%d")
                .to_string()
        },
    )
}

fn table(head: [&str; 7], rows: Vec<[String; 7]>) -> String {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows);
    let width = |column: usize| all.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        format!("{}\n", line.trim_end())
    };
    all.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, renewed: Option<i64>, days_left: i64, due: bool) -> KeptCertificate {
        KeptCertificate {
            name: name.to_owned(),
            server: true,
            client: name != "proxy",
            sans: [name.to_owned(), "10.0.0.1".to_owned()].into(),
            fingerprint: format!("{:016x}", name.len()),
            authority: Some("00ff".to_owned()),
            begin: 1_700_000_000,
            end: 1_700_000_000 + 365 * 86_400,
            renewed,
            days_left,
            due,
        }
    }

    #[test]
    fn what_is_due_is_said_with_what_to_do() {
        let kept = Kept {
            standing: AuthorityStanding::TrustBoth,
            authorities: vec![
                one("Company Databases", None, 12, true),
                one(
                    "trueup authority 3f9a1c2d",
                    Some(4_000_000_000),
                    3649,
                    false,
                ),
            ],
            certificates: vec![
                one("pg-a", Some(4_000_000_000), 365, false),
                one("pg-b", Some(1_700_100_000), 30, true),
                one("pg-c", Some(1_700_100_000), -3, true),
                one("proxy", Some(4_000_000_000), 300, true),
            ],
        };
        assert!(is_due(&kept));
        insta::assert_snapshot!(kept_text(&kept, Path::new("/state/pki")), @"
        /state/pki

        AUTHORITY                                               FINGERPRINT       FROM        UNTIL       DAYS  RENEWED
        Company Databases          signs                        0000000000000011  2023-11-14  2024-11-13  12    by whoever made it
        trueup authority 3f9a1c2d  trusted already, signs next  0000000000000019  2023-11-14  2024-11-13  3649  2096-10-02

        CERTIFICATE  FOR             AUTHORITY  FROM        UNTIL       DAYS  RENEWED
        pg-a         server, client  00ff       2023-11-14  2024-11-13  365   2096-10-02
        pg-b         server, client  00ff       2023-11-14  2024-11-13  30    2023-11-16
        pg-c         server, client  00ff       2023-11-14  2024-11-13  -3    2023-11-16
        proxy        server          00ff       2023-11-14  2024-11-13  300   2096-10-02

        pg-a: 10.0.0.1, pg-a
        pg-b: 10.0.0.1, pg-b
        pg-c: 10.0.0.1, pg-c
        proxy: 10.0.0.1, proxy

        ! the authority is being changed: both are trusted, the old one signs; playbooks/change-ca.yml goes on with it
        ! the authority Company Databases ends in 12 days; it is not trueup's to prolong: put another into authorities/next.pem and apply playbooks/change-ca.yml
        ! pg-b ends in 30 days; the next apply makes a new one
        ! pg-c has ended; the next apply makes a new one
        ! proxy was made for other authorities than those that are trusted now; the next apply makes a new one
        ");
        let well = Kept {
            standing: AuthorityStanding::Settled,
            authorities: kept.authorities[1..].to_vec(),
            certificates: kept.certificates[..1].to_vec(),
        };
        assert!(!is_due(&well) && warnings(&well).is_empty());
    }
}
