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
    /// How many suites run at once.
    pub jobs: usize,
    /// The suite that runs alone.
    suite: Option<String>,
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
            jobs: 1,
            suite: None,
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
                "--jobs" => {
                    let jobs = words.next().and_then(|word| word.parse().ok());
                    options.jobs = jobs
                        .filter(|jobs| *jobs > 0)
                        .ok_or("--jobs wants a number")?;
                }
                "--suite" => options.suite = Some(words.next().ok_or("--suite wants a name")?),
                "--list" => options.list = true,
                flag if flag.starts_with('-') => {
                    return Err(format!(
                        "there is no option {flag}: use --image IMAGE, --keep, --again, --truth, --seed NUMBER, --jobs NUMBER, --suite NAME, --list or words of case names"
                    ));
                }
                _ => options.words.push(word),
            }
        }
        Ok(options)
    }

    /// Whether words choose the cases.
    pub fn names_suites(&self) -> bool {
        !self.words.is_empty() || self.suite.is_some()
    }

    pub fn wants(&self, suite: &str, case: &str) -> bool {
        let name = format!("{suite}/{case}");
        let mut alone = self.suite.iter();
        alone.all(|alone| alone == suite)
            && (self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str())))
    }

    /// The words by which this suite runs alone, and else as this run.
    pub fn of_suite(&self, suite: &str) -> Vec<String> {
        let seed = self.seed.to_string();
        let mut words = vec!["--suite", suite, "--image", &self.image, "--seed", &seed];
        let flags = [
            ("--keep", self.keep),
            ("--again", self.again),
            ("--truth", self.truth),
        ];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| flag));
        words.extend(self.words.iter().map(String::as_str));
        words.into_iter().map(str::to_owned).collect()
    }
}
