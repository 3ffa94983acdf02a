//! The words of a command, for the command that comes next.

use super::run::{FORKS, RunArgs};
use crate::step::quote;
use std::path::Path;

/// What the user typed after the verb, in one order and quoted for a shell. Variables that were
/// typed in full are left out: they may be secret, and this goes to the screen and into logs.
pub fn arguments(args: &RunArgs) -> String {
    let mut words = vec![quote(&args.input.playbook.display().to_string())];
    let mut option = |name: &str, value: &str| {
        words.push(name.to_owned());
        words.push(quote(value));
    };
    for path in args.input.sources.paths() {
        option("-i", &path.display().to_string());
    }
    let some = [
        ("-l", args.limit.as_deref()),
        ("-u", args.connection.user.as_deref()),
        ("--become-user", args.connection.become_user.as_deref()),
        ("--private-key", args.connection.private_key.as_deref()),
    ];
    for (name, value) in some {
        if let Some(value) = value {
            option(name, value);
        }
    }
    for (name, tags) in [("-t", &args.tags), ("--skip-tags", &args.skip_tags)] {
        if !tags.is_empty() {
            option(name, &tags.join(","));
        }
    }
    if args.forks != FORKS {
        option("-f", &args.forks.to_string());
    }
    for given in args.input.extra.words() {
        words.extend(["-e".to_owned(), shown(given)]);
    }
    let flags = [
        ("-b", args.connection.r#become),
        ("-k", args.connection.asks_login()),
        ("-K", args.connection.asks_sudo()),
    ];
    words.extend(
        flags
            .iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| (*name).to_owned()),
    );
    words.join(" ")
}

/// The words that apply a saved plan: where it is, and what a plan does not keep.
pub fn saved(path: &Path, args: &RunArgs) -> String {
    let mut words = vec!["--plan".to_owned(), quote(&path.display().to_string())];
    let typed = |word: &&String| !word.starts_with('@');
    let extra = args.input.extra.words();
    if extra.iter().any(|word| typed(&word)) {
        words.extend(extra.iter().flat_map(|word| ["-e".to_owned(), shown(word)]));
    }
    let flags = [
        ("-k", args.connection.asks_login()),
        ("-K", args.connection.asks_sudo()),
    ];
    let asked = flags.iter().filter(|(_, set)| *set);
    words.extend(asked.map(|(name, _)| (*name).to_owned()));
    words.join(" ")
}

fn shown(given: &str) -> String {
    if given.starts_with('@') {
        quote(given)
    } else {
        "...".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Try {
        #[command(flatten)]
        args: RunArgs,
    }

    fn again(line: &str) -> String {
        let words = shlex::split(line).unwrap();
        arguments(&Try::parse_from(std::iter::once("try".to_owned()).chain(words)).args)
    }

    #[test]
    fn the_next_command_has_the_same_words() {
        insta::assert_snapshot!(
            again("-K -i 'my hosts' site.yml -t a -t b,c -l 'db*' -f 3 -b -u me -i x,"),
            @"site.yml -i 'my hosts' -i x, -l 'db*' -u me -t a,b,c -f 3 -b -K"
        );
    }

    #[test]
    fn typed_variables_are_not_repeated() {
        insta::assert_snapshot!(again("site.yml -i h -e password=hunter2 -e @vars.yml"), @"site.yml -i h -e ... -e @vars.yml");
    }
}
