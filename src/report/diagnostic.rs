//! A finding as people read it: `file:line:col`, the line quoted, what is wrong, what to do.

use super::style::{BOLD, RED, paint};
use super::visible::{steered, visible, visible_lines};
use crate::diag::{Diag, Severity, Source, Span};
use crate::secret::{blotted, masked};
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
};
use anstream::{AutoStream, ColorChoice};
use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;

/// The part of the span that is marked: its first line. A place that is a whole task would else
/// quote all of it.
fn first_line(span: &Span) -> Range<usize> {
    let text = span.text();
    let length = text.find('\n').unwrap_or(text.len());
    span.start()..span.start() + text[..length].trim_end().len()
}

fn annotation<'a>(kind: AnnotationKind, span: &Span, label: &'a str) -> Annotation<'a> {
    let marked = kind.span(first_line(span));
    if label.is_empty() {
        marked
    } else {
        marked.label(label)
    }
}

/// The sources that a finding quotes, each with the marks on it, the main one first. Of a place
/// that is not to be quoted only where it is.
fn snippets(diag: &Diag) -> Vec<Element<'_>> {
    let places = diag
        .place
        .iter()
        .map(|(span, label)| (AnnotationKind::Primary, span, label))
        .chain(
            diag.also
                .iter()
                .map(|(span, label)| (AnnotationKind::Context, span, label)),
        );
    let mut quoted: Vec<(&Span, Vec<Annotation<'_>>)> = Vec::new();
    for (kind, span, label) in places {
        if span.is_veiled() {
            quoted.push((span, Vec::new()));
            continue;
        }
        let mark = annotation(kind, span, label);
        match quoted
            .iter_mut()
            .find(|(first, marks)| first.source() == span.source() && !marks.is_empty())
        {
            Some((_, marks)) => marks.push(mark),
            None => quoted.push((span, vec![mark])),
        }
    }
    quoted
        .into_iter()
        .map(|(span, marks)| {
            let name = visible_lines(span.source().name());
            if marks.is_empty() {
                let place = Origin::path(name).line(span.line());
                return place.char_column(span.column()).into();
            }
            Snippet::source(quotable(span.source()))
                .path(name)
                .annotations(marks)
                .into()
        })
        .collect()
}

/// The text of a source without what must not be seen in it.
fn quotable(source: &Source) -> Cow<'_, str> {
    match source.quotable() {
        Cow::Borrowed(text) => blotted(text),
        Cow::Owned(text) => Cow::Owned(blotted(&text).into_owned()),
    }
}

/// The finding as text of several lines, with a newline at its end.
pub fn render_diag(diag: &Diag, colour: bool) -> String {
    let text = rendered(&shown(diag), colour);
    // The names of files and what is quoted of them.
    steered(&text).into_owned()
}

/// The finding with its words fit to be seen: they may hold what a host said, or a file.
fn shown(diag: &Diag) -> Diag {
    let diag = diag.tellable();
    let words = |text: &str| visible_lines(&masked(text)).into_owned();
    let place = |(span, label): &(Span, String)| (span.clone(), words(label));
    Diag {
        severity: diag.severity,
        message: words(&diag.message),
        place: diag.place.as_ref().map(place),
        also: diag.also.iter().map(place).collect(),
        help: diag.help.iter().map(|help| words(help)).collect(),
        names: diag.names,
    }
}

fn rendered(diag: &Diag, colour: bool) -> String {
    let level = match diag.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // A place in no file (an option of the command line) has nothing to quote.
    let quoted = diag
        .place
        .as_ref()
        .filter(|(span, _)| !span.source().text().is_empty());
    if quoted.is_none() {
        let origin = diag
            .place
            .as_ref()
            .map(|(span, _)| format!("{}: ", visible(span.source().name())));
        let title = origin.unwrap_or_default() + &diag.message;
        let mut text = renderer.render(&[Group::with_title(level.primary_title(title))]) + "\n";
        for help in &diag.help {
            text.push_str(&format!("  {} {help}\n", paint(BOLD, "help:")));
        }
        return if colour {
            text
        } else {
            anstream::adapter::strip_str(&text).to_string()
        };
    }
    let report = Group::with_title(level.primary_title(diag.message.as_str()))
        .elements(snippets(diag))
        .elements(
            diag.help
                .iter()
                .map(|help| Level::HELP.message(help.as_str())),
        );
    renderer.render(&[report]) + "\n"
}

/// Prints findings to stderr, each once and parted by blank lines, and how many errors there are.
pub fn print_diags(diags: &[Diag]) {
    let stderr = io::stderr();
    let colour = AutoStream::choice(&stderr) != ColorChoice::Never;
    // The reader of stderr may have gone away.
    let _ = stderr.lock().write_all(report(diags, colour).as_bytes());
}

fn report(diags: &[Diag], colour: bool) -> String {
    let mut told: Vec<&Diag> = Vec::new();
    for diag in diags {
        // A file that is imported twice is wrong twice.
        if !told.contains(&diag) {
            told.push(diag);
        }
    }
    let texts: Vec<String> = told.iter().map(|diag| render_diag(diag, colour)).collect();
    let mut text = texts.join("\n");
    let errors = told.iter().filter(|diag| diag.is_error()).count();
    match errors {
        // Warnings are parted from what follows.
        0 if !told.is_empty() => text.push('\n'),
        0 | 1 => {}
        _ => text.push_str(&format!("\n{}\n", paint(RED, format!("{errors} errors")))),
    }
    if colour {
        text
    } else {
        anstream::adapter::strip_str(&text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    fn at(source: &Source, word: &str) -> Span {
        let start = source.text().find(word).unwrap();
        source.span(start, start + word.len())
    }

    #[test]
    fn a_wrong_key_is_quoted_with_a_hint() {
        let source = Source::new("site.yml", "- hosts: all\n  taks:\n    - ping:\n");
        let diag = Diag::error("`taks` is not a keyword of a play")
            .at(&at(&source, "taks"), "unknown keyword")
            .suggest("taks", ["tasks", "roles"]);
        insta::assert_snapshot!(render_diag(&diag, false), @"
        error: `taks` is not a keyword of a play
         --> site.yml:2:3
          |
        2 |   taks:
          |   ^^^^ unknown keyword
          |
          = help: did you mean `tasks`?
        ");
    }

    #[test]
    fn a_template_is_quoted_with_the_task_that_rendered_it() {
        let template = Source::new("templates/motd.j2", "Welcome to\n{{ hostnam }}\n");
        let tasks = Source::new(
            "site.yml",
            "- hosts: all\n  tasks:\n    - name: motd\n      template:\n        src: motd.j2\n        dest: /etc/motd\n",
        );
        let diag = Diag::error("`hostnam` is undefined")
            .at(&at(&template, "hostnam"), "")
            .also(
                &at(&tasks, "- name: motd\n      template:"),
                "rendered by this task",
            )
            .help("define it, or give it a default: `{{ hostnam | default('') }}`");
        insta::assert_snapshot!(render_diag(&diag, false), @"
        error: `hostnam` is undefined
         --> templates/motd.j2:2:4
          |
        2 | {{ hostnam }}
          |    ^^^^^^^
          |
         ::: site.yml:3:5
          |
        3 |     - name: motd
          |     ------------ rendered by this task
          |
          = help: define it, or give it a default: `{{ hostnam | default('') }}`
        ");
    }

    #[test]
    fn what_no_log_hides_is_not_quoted_and_names_are_told() {
        let text =
            "- hosts: all\n  tasks:\n  - copy: {contnet: geheim}\n    no_log: true\n  - pig:\n";
        let source = Source::new("site.yml", text);
        let task = at(&source, "copy: {contnet: geheim}\n    no_log: true");
        task.veil();
        let wrong = Diag::error("`geheim` is no number").at(&at(&source, "geheim"), "geheim");
        insta::assert_snapshot!(render_diag(&wrong, false), @"
        error: what is wrong here is hidden by no_log
        --> site.yml:3:21
         = help: set `no_log: false` for as long as it takes to see it
        ");
        let names = Diag::error("`copy` has no parameter `contnet`")
            .at(&at(&source, "contnet"), "")
            .of_names();
        insta::assert_snapshot!(render_diag(&names, false), @"
        error: `copy` has no parameter `contnet`
        --> site.yml:3:12
        ");
        let other = Diag::error("there is no module `pig`")
            .at(&at(&source, "pig"), "")
            .also(&at(&source, "hosts"), "");
        insta::assert_snapshot!(render_diag(&other, false), @"
        error: there is no module `pig`
         --> site.yml:5:5
          |
        1 | - hosts: all
          |   -----
        ...
        5 |   - pig:
          |     ^^^
        ");
    }

    #[test]
    fn what_stands_in_no_file_is_told_in_a_line() {
        let origin = Source::new("--extra-vars", "").whole();
        let diag = Diag::error("`a` has no value")
            .at(&origin, "")
            .help("write `a=value`");
        insta::assert_snapshot!(render_diag(&diag, false), @"
        error: --extra-vars: `a` has no value
          help: write `a=value`
        ");
    }

    #[test]
    fn what_is_found_twice_is_told_once() {
        let diags = [
            Diag::error("a"),
            Diag::warning("b"),
            Diag::error("a"),
            Diag::error("c"),
        ];
        insta::assert_snapshot!(report(&diags, false), @"
        error: a

        warning: b

        error: c

        2 errors
        ");
    }
}
