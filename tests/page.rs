//! The pages of drills and plans in a real browser: nothing is cut or covered, what is hostile is text.

#![allow(clippy::unwrap_used)] // A helper of a test unwraps as the test does.

#[path = "page/browser.rs"]
mod browser;
#[path = "page/plan.rs"]
mod plan;
#[path = "page/samples/mod.rs"]
mod samples;

use browser::{Window, measure};
use serde_json::{Value, json};
use trueup::drill::{Language, lesson_page, page, report::Report};

const DESK: Window = Window {
    width: 1200,
    dark: false,
};
const PHONE: Window = Window {
    width: 400,
    dark: false,
};

/// What a page must be, whatever the drill was.
fn sound(name: &str, report: &Report, window: Window) -> Value {
    sound_page(name, &page(report), window)
}

/// What every page must be.
fn sound_page(name: &str, page: &str, window: Window) -> Value {
    let said = measure(name, page, window);
    let of = |key: &str| said[key].clone();
    assert_eq!(of("wrong"), json!([]), "{name} at {window:?}: {said:#}");
    assert_eq!(of("errors"), json!([]), "{name} at {window:?}");
    assert_eq!(of("hacked"), json!(false), "{name} at {window:?}");
    // Its own data and script, and the one that hears errors.
    assert_eq!(
        (of("foreign"), of("scripts")),
        (json!(0), json!(3)),
        "{name}"
    );
    assert_eq!(
        (of("width"), of("dark")),
        (json!(window.width), json!(window.dark)),
        "{name}"
    );
    said
}

#[test]
fn a_drill_that_went_well_is_drawn_whole_at_any_width_and_in_the_dark() {
    let report = samples::held();
    let dark = |window: Window| Window {
        dark: true,
        ..window
    };
    for window in [DESK, PHONE, dark(DESK), dark(PHONE)] {
        let said = sound("held", &report, window);
        assert_eq!(said["verdict"], "verdict passed");
        let drawn = [
            "phases", "letters", "marks", "bands", "nodes", "both", "gaps", "curves", "open",
        ];
        let drawn = drawn.map(|key| said[key].as_u64().unwrap());
        assert_eq!(drawn, [6, 6, 6, 11, 3, 0, 3, 3, 0], "{window:?}");
        assert!(said["texts"].as_u64().unwrap() > 150, "{}", said["texts"]);
        let hovered = said["hovered"].as_str().unwrap();
        assert!(
            hovered.starts_with("1:25.7 · pg-a becomes a replica again · "),
            "{hovered}"
        );
        assert!(
            hovered.ends_with("pg-a standby · pg-b primary · pg-c standby"),
            "{hovered}"
        );
    }
}

#[test]
fn what_is_hostile_in_a_log_is_text() {
    let said = sound("held", &samples::held(), DESK);
    let lines: Vec<&str> = said["log"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let hostile = &lines[lines.len() - samples::HOSTILE.len()..];
    assert_eq!(hostile[..3], samples::HOSTILE[..3]);
    assert_eq!(
        hostile[3],
        "LOG: a word\\u{1b}[31m of red, and \\u{202e}turned\\u{202c} about"
    );
}

#[test]
fn two_primaries_and_lost_writes_are_seen_at_once() {
    for window in [DESK, PHONE] {
        let said = sound("failing", &samples::failing(), window);
        assert_eq!(said["verdict"], "verdict failed");
        // On each of the three nodes, and the command that failed is open.
        assert_eq!((&said["both"], &said["open"]), (&json!(3), &json!(1)));
    }
    let page = page(&samples::failing());
    for words in [
        "3 acknowledged transactions are not there",
        "two nodes were writable at once",
        "these differ",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_long_drill_stays_readable_and_small() {
    let report = samples::long();
    assert!(page(&report).len() < 400_000, "{}", page(&report).len());
    for window in [DESK, PHONE] {
        let said = sound("long", &report, window);
        assert_eq!((&said["marks"], &said["letters"]), (&json!(36), &json!(8)));
    }
}

#[test]
fn a_drill_that_broke_off_at_once_says_so() {
    for window in [DESK, PHONE] {
        let said = sound("empty", &samples::empty(), window);
        assert_eq!(
            (&said["bands"], &said["verdict"]),
            (&json!(0), &json!("verdict failed"))
        );
    }
    assert!(page(&samples::empty()).contains("before anything was measured"));
}

#[test]
fn a_lab_report_tells_step_by_step() {
    let lesson = samples::lesson();
    for window in [DESK, PHONE] {
        let said = sound_page("lesson", &lesson_page(&lesson, Language::English), window);
        // What printed little is open, the long output of a playbook is not.
        assert_eq!((&said["open"], &said["bands"]), (&json!(4), &json!(11)));
    }
    let page = lesson_page(&lesson, Language::English);
    let title = |number: usize, words: &str| {
        let heading = format!("<span class=\"letter\">{number}</span> {words}</h2>");
        assert!(page.contains(&heading), "{heading}");
    };
    title(1, "The cluster is built");
    title(3, "The fault, under load");
    title(6, "The final data on every node");
}

#[test]
fn a_lab_report_in_russian_is_russian() {
    let lesson = samples::lesson();
    let page = lesson_page(&lesson, Language::Russian);
    let said = sound_page("russian", &page, DESK);
    assert_eq!((&said["open"], &said["bands"]), (&json!(4), &json!(11)));
    let hovered = said["hovered"].as_str().unwrap();
    assert!(
        hovered.ends_with("pg-a реплика · pg-b ведущий · pg-c реплика"),
        "{hovered}"
    );
    assert!(page.starts_with("<!doctype html><html lang=\"ru\">"));
    // Of English words stand together only those of others: commands, what they printed, log lines.
    let ours =
        regex::Regex::new("(?s)<(style|script|code|pre)[ >].*?</(style|script|code|pre)>|<[^>]*>")
            .unwrap()
            .replace_all(&page, "|");
    let english = regex::Regex::new("[A-Za-z]{2,} [a-z]{2,}[^|]*").unwrap();
    let left: Vec<&str> = english
        .find_iter(&ours)
        .map(|found| found.as_str())
        .collect();
    assert_eq!(left, [""; 0]);
}
