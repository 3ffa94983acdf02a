//! The change of the authority, and interruptions of it.

use super::*;

#[test]
fn the_last_third_of_a_life_makes_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    // It began yesterday: of a life of two days one is left, of one of three two, which is enough.
    let short = aged(folder.path(), 1);
    let facts = reading::facts(&short.cert).unwrap();
    assert_eq!(facts.end - facts.begin, 2 * A_DAY);
    assert!(facts.is_fresh());
    assert_eq!(aged(folder.path(), 1).cert, short.cert);
    let renewed = facts.renewed() - facts.begin;
    assert_eq!(renewed, 2 * A_DAY - 2 * A_DAY / 3);
    let ended = reading::Facts {
        begin: reading::now() - 67,
        end: reading::now() + 32,
        ..facts
    };
    assert!(!ended.is_fresh() && !ended.has_ended());
}

#[test]
fn a_change_of_the_authority_goes_through_its_stages() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let turn = |stage| turn_authority(at, stage, true).unwrap();
    let first = aged(at, 90);
    turn(AuthorityStage::TrustBoth);
    let both = aged(at, 90);
    assert!(both.ca.contains(&first.ca) && trusted(&both.ca).len() == 2);
    assert!(reading::is_signed_by(&both.cert, &first.ca));
    // A service that looks at its certificate alone must see that there is something to read.
    assert_ne!(both.cert, first.cert);
    turn(AuthorityStage::SignNew);
    let signed = aged(at, 90);
    assert_eq!(signed.ca, both.ca);
    assert!(!reading::is_signed_by(&signed.cert, &first.ca));
    turn(AuthorityStage::TrustNew);
    let last = aged(at, 90);
    assert!(reading::is_signed_by(&last.cert, &last.ca));
    assert!(!last.ca.contains(&first.ca) && trusted(&last.ca).len() == 1);
    assert_eq!(aged(at, 90).cert, last.cert);
    assert_eq!(
        authority_standing(at, true).unwrap(),
        AuthorityStanding::Settled
    );
}

#[test]
fn the_old_key_is_put_aside_and_never_lost() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    aged(at, 90);
    let old = std::fs::read_to_string(at.join("ca.pem")).unwrap();
    turn_authority(at, AuthorityStage::TrustBoth, true).unwrap();
    turn_authority(at, AuthorityStage::SignNew, true).unwrap();
    let aside: Vec<PathBuf> = std::fs::read_dir(at.join("authorities"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(std::fs::read_to_string(&aside[0]).unwrap(), old);
    let mode = aside[0].metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let name = aside[0].file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("before-20"), "{name}");
}

#[test]
fn every_stage_may_be_entered_again_and_none_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    aged(at, 90);
    let text = || std::fs::read_to_string(at.join("ca.pem")).unwrap();
    let stages = [
        AuthorityStage::TrustBoth,
        AuthorityStage::SignNew,
        AuthorityStage::TrustNew,
    ];
    for (index, stage) in stages.into_iter().enumerate() {
        turn_authority(at, stage, true).unwrap();
        aged(at, 90);
        let reached = text();
        // The whole begins anew, as after an interruption; the last stage is where it may.
        for earlier in &stages[..=index.min(1)] {
            if index < 2 {
                turn_authority(at, *earlier, true).unwrap();
            }
        }
        turn_authority(at, stage, true).unwrap();
        assert_eq!(text(), reached, "{stage:?}");
    }
}

#[test]
fn an_interruption_after_the_old_key_was_put_aside_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    aged(at, 90);
    turn_authority(at, AuthorityStage::TrustBoth, true).unwrap();
    let both = std::fs::read_to_string(at.join("ca.pem")).unwrap();
    turn_authority(at, AuthorityStage::SignNew, true).unwrap();
    // As if the process had died between the two files.
    std::fs::write(at.join("ca.pem"), both).unwrap();
    assert_eq!(
        authority_standing(at, true).unwrap(),
        AuthorityStanding::TrustBoth
    );
    turn_authority(at, AuthorityStage::SignNew, true).unwrap();
    assert_eq!(
        std::fs::read_dir(at.join("authorities")).unwrap().count(),
        1
    );
}

#[test]
fn an_authority_that_is_prolonged_in_a_change_keeps_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let first = aged(at, 90);
    turn_authority(at, AuthorityStage::TrustBoth, true).unwrap();
    let mut shelf = Shelf::open(at, true).unwrap();
    let trust = Trust::load(&shelf).unwrap().unwrap();
    let prolonged = issue::prolonged(&trust.signer).unwrap();
    let text = std::fs::read_to_string(at.join("ca.pem")).unwrap();
    shelf
        .write(
            "ca.pem",
            &text.replace(trust.signer.cert(), prolonged.cert()),
        )
        .unwrap();
    drop(shelf);
    let after = aged(at, 90);
    assert_eq!(
        authority_standing(at, true).unwrap(),
        AuthorityStanding::TrustBoth
    );
    // Key and name are the same, so that what it signed before stays good.
    assert!(reading::is_signed_by(&first.cert, prolonged.cert()));
    assert_eq!(prolonged.facts.subject, trust.signer.facts.subject);
    assert!(trusted(&after.ca).contains(&prolonged.facts.fingerprint));
}

#[test]
fn a_dry_run_of_a_whole_change_stays_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let wanted = spec(&["pg-a"], 90);
    let kept = certificate(at, &wanted, true).unwrap();
    let before = std::fs::read_to_string(at.join("ca.pem")).unwrap();
    turn_authority(at, AuthorityStage::TrustBoth, false).unwrap();
    let both = certificate(at, &wanted, false).unwrap();
    assert_eq!(trusted(&both.ca).len(), 2);
    turn_authority(at, AuthorityStage::SignNew, false).unwrap();
    turn_authority(at, AuthorityStage::TrustNew, false).unwrap();
    let last = certificate(at, &wanted, false).unwrap();
    assert!(!last.ca.contains(&kept.ca));
    assert_eq!(std::fs::read_to_string(at.join("ca.pem")).unwrap(), before);
    assert!(!at.join("authorities").exists());
    assert_eq!(certificate(at, &wanted, true).unwrap().cert, kept.cert);
}
