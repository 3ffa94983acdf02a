use super::*;
use crate::engine::Outcome;
use crate::modules::{Change, Sign};
use crate::report::plan::tests::{Told, text};

#[test]
fn a_comment_says_what_is_taken_away_before_it_says_the_rest() {
    let mut told = Told::on(&["pg-a", "pg-b"]);
    let both = ["pg-a", "pg-b"];
    told.task(
        1,
        "Write the message",
        &both,
        &text("/etc/motd", "a\n", "b\n"),
    );
    let gone = Outcome::Changed(vec![Change::new(Sign::Remove, "package etcd")]);
    told.takes(2, "Remove etcd", &["pg-b"], &gone, true);
    let run = Outcome::Changed(vec![Change::new(Sign::Run, "ls ...")]);
    told.task(3, "List @all of #1", &["pg-a"], &run);
    let (until, why) = ("List".to_owned(), "its condition rests on that".to_owned());
    told.task(4, "Rest", &both, &Outcome::Unknown { until, why });
    insta::assert_snapshot!(comment(&told.over()), @"
    ### Plan of <code>site.yml</code>

    **2 hosts: 4 to change (2 files, 1 package, 1 run), 2 unknown.**

    #### Taken away or stopped

    - `-` <code>package etcd</code> on pg-b (Remove etcd)

    #### Can't be known yet

    - `?` until List: Rest on pg-a, pg-b

    #### Task by task

    <details><summary><code>~</code> <b>Write the message</b> · pg-a, pg-b</summary>

    - `~` <code>/etc/motd</code> mode: <code>0644</code> → <code>0600</code>

    ```diff
    @@ -1 +1 @@
    -a
    +b
    ```

    </details>
    <details><summary><code>-</code> <b>Remove etcd</b> · pg-b</summary>

    - `-` <code>package etcd</code>

    </details>
    <details><summary><code>&gt;</code> <b><code>List &#64;all of &#35;1</code></b> · pg-a</summary>

    - `>` <code>ls ...</code>

    ```sh
    set -e
    ls
    ```

    </details>
    <details><summary><code>?</code> <b>Rest</b> · pg-a, pg-b</summary>

    - `?` unknown until List: its condition rests on that

    </details>

    Next: <code>trueup apply site.yml -i hosts.yml</code>
    ");
}

/// What Markdown reads where nothing foreign stands: tags, code, emphasis, links, mentions.
fn outside_of_fences(text: &str) -> String {
    let mut fence: Option<String> = None;
    let mut kept = Vec::new();
    for line in text.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => fence = None,
            Some(_) => {}
            None if ticks.len() > 2 => fence = Some(ticks),
            None => kept.push(line),
        }
    }
    assert_eq!(fence, None, "{text}");
    kept.join("\n")
}

#[test]
fn nothing_foreign_formats_links_or_closes_anything() {
    let foreign =
        "``` ````\n</details>`x` *y* [z](http://e) @me #1 !2 ~~a~~ | www.e.com :+1: <b>\\";
    let lines = format!("```\n{foreign}\n`````\n</details>\n# head\n");
    let mut told = Told::on(&["a_b_"]);
    told.takes(1, foreign, &["a_b_"], &text(foreign, "", &lines), true);
    let (message, ignored) = (lines.clone(), false);
    told.task(2, foreign, &["a_b_"], &Outcome::Failed { message, ignored });
    let (until, why) = (foreign.to_owned(), foreign.to_owned());
    told.task(3, foreign, &["a_b_"], &Outcome::Unknown { until, why });
    let told = comment(&told.over());
    let ours = outside_of_fences(&told);
    for odd in [
        "*y*", "[z]", "http:", "@", " #1", "~~", "| ", "www.", ":+1:", "<b>\\", "`x`", "# head",
    ] {
        assert!(!ours.contains(odd), "{odd} in {ours}");
    }
    // Each fold is closed once, and by us.
    let folds = ours.matches("<details>").count();
    assert_eq!(
        (folds, ours.matches("</details>").count()),
        (3, 3),
        "{ours}"
    );
    // Words that mean nothing more than themselves stay words.
    assert_eq!(
        prose("Install PostgreSQL 17.2 (pg-a, pg-b)"),
        "Install PostgreSQL 17.2 (pg-a, pg-b)"
    );
    assert_eq!(prose("role : it's so."), "role : it's so.");
    assert_eq!(prose("ask @me"), "<code>ask &#64;me</code>");
}

#[test]
fn a_comment_is_cut_to_what_it_may_have_and_keeps_what_is_taken_away() {
    let mut told = Told::on(&["pg-a"]);
    let long = (0..100)
        .map(|line| format!("line {line} of many\n"))
        .collect::<String>();
    for id in 0..90 {
        told.task(
            id,
            &format!("Write {id}"),
            &["pg-a"],
            &text(&format!("/etc/{id}"), "", &long),
        );
    }
    let gone = Outcome::Changed(vec![Change::new(Sign::Remove, "database app")]);
    told.takes(99, "Drop it", &["pg-a"], &gone, true);
    let document = told.over();
    let whole = comment(&document);
    assert!(
        (60_000..=65_536).contains(&whole.chars().count()),
        "{}",
        whole.len()
    );
    assert!(whole.contains("- `-` <code>database app</code> on pg-a (Drop it)"));
    assert!(whole.contains("<b>Drop it</b>") && whole.contains("<b>Write 0</b>"));
    assert!(!whole.contains("<b>Write 89</b>"));
    let left = whole
        .lines()
        .find(|line| line.contains("left out"))
        .unwrap();
    let shown = whole.matches("<details>").count();
    assert!(
        left.starts_with(&format!("**{} of the tasks left out", 91 - shown)),
        "{left}"
    );
    outside_of_fences(&whole);
    // Also where there is hardly any room.
    let short = within(&document, 2_600);
    assert!(
        short.chars().count() <= 2_600 && short.contains("database app"),
        "{short}"
    );
}

#[test]
fn many_losses_are_told_as_far_as_there_is_room() {
    let mut told = Told::on(&["pg-a"]);
    for id in 0..2000 {
        let what = format!("package {}-{id}", "x".repeat(40));
        let gone = Outcome::Changed(vec![Change::new(Sign::Remove, what)]);
        told.takes(id, "Remove", &["pg-a"], &gone, true);
    }
    let text = comment(&told.over());
    assert!(text.chars().count() <= LIMIT, "{}", text.len());
    let told = text
        .lines()
        .filter(|line| line.starts_with("- `-`"))
        .count();
    assert!(told > 500, "{told}");
    assert!(
        text.contains(&format!("- ... and {} more\n", 2000 - told)),
        "{told}"
    );
}

#[test]
fn a_long_diff_is_shown_in_part_and_the_rest_is_counted() {
    let lines: Vec<String> = (0..500).map(|line| line.to_string()).collect();
    let shown = short(lines.iter().map(String::as_str));
    assert_eq!(
        (shown.len(), shown[LINES].as_str()),
        (LINES + 1, "... 300 more lines")
    );
    let wide = ["x".repeat(5_000), "y".repeat(5_000)];
    let shown = short(wide.iter().map(String::as_str));
    assert_eq!(shown[1], "... 1 more lines");
}
