//! The words after `cargo test --test live --`.

/// What shall be run, and on what.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // They are the words of a command line.
pub struct Options {
    /// The image of all hosts.
    pub image: String,
    /// Whether the labs stay.
    pub keep: bool,
    /// Whether labs that stayed are gone on with, instead of being made anew.
    pub again: bool,
    /// Whether plans are held against what comes of them, instead of all else.
    pub truth: bool,
    /// What harm is done to a cluster follows from it.
    pub seed: u64,
    /// Whether to name the cases only.
    pub list: bool,
    words: Vec<String>,
}

impl Options {
    pub fn from_words(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            image: "debian-13".into(),
            keep: false,
            again: false,
            truth: false,
            seed: 1,
            list: false,
            words: Vec::new(),
        };
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--image" => {
                    options.image = words
                        .next()
                        .ok_or("--image wants debian-12, debian-13, debian-14, ubuntu-24.04 or ubuntu-26.04")?;
                }
                "--keep" => options.keep = true,
                "--again" => (options.keep, options.again) = (true, true),
                "--truth" => options.truth = true,
                "--seed" => {
                    options.seed = words
                        .next()
                        .and_then(|word| word.parse().ok())
                        .ok_or("--seed wants a number")?;
                }
                "--list" => options.list = true,
                flag if flag.starts_with('-') => {
                    return Err(format!(
                        "there is no option {flag}: use --image IMAGE, --keep, --again, --truth, --seed NUMBER, --list or words of case names"
                    ));
                }
                _ => options.words.push(word),
            }
        }
        Ok(options)
    }

    /// Whether words choose the cases.
    pub fn names_suites(&self) -> bool {
        !self.words.is_empty()
    }

    pub fn wants(&self, suite: &str, case: &str) -> bool {
        let name = format!("{suite}/{case}");
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }
}
