//! The files that name dnf's repositories, read and written as Python's `configparser` does it.

use std::fmt::Write;

/// The sections of a file, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini(Vec<Section>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    name: String,
    /// Names in lower case, and values.
    fields: Vec<(String, String)>,
}

impl Ini {
    /// Reads a text; the error says which line is not understood.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut sections: Vec<Section> = Vec::new();
        let mut open = false;
        for (number, line) in text.lines().enumerate() {
            let bare = line.trim();
            if bare.starts_with(['#', ';']) {
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            let last = sections.last_mut();
            if indented && open && !bare.is_empty() {
                if let Some((_, value)) = last.and_then(|section| section.fields.last_mut()) {
                    value.push('\n');
                    value.push_str(bare);
                }
            } else if bare.is_empty() {
                open = false;
            } else if let Some(name) = bare
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                open = false;
                sections.push(Section {
                    name: name.to_owned(),
                    fields: Vec::new(),
                });
            } else if let (Some(section), Some((name, value))) = (last, bare.split_once(['=', ':']))
            {
                open = true;
                let name = name.trim().to_lowercase();
                section.fields.retain(|(known, _)| *known != name);
                section.fields.push((name, value.trim().to_owned()));
            } else {
                return Err(format!(
                    "line {} (`{bare}`) is no `name = value`",
                    number + 1
                ));
            }
        }
        Ok(Self(sections))
    }

    /// Whether there is no section.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without a section.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|section| section.name != name);
        Self(others.cloned().collect())
    }

    /// The same with a section in place of the one that has its name: like Ansible's, it comes last.
    #[must_use]
    pub fn with(&self, name: &str, fields: Vec<(String, String)>) -> Self {
        let mut all = self.without(name);
        all.0.push(Section {
            name: name.to_owned(),
            fields,
        });
        all
    }

    /// Whether both say the same, in whatever order.
    pub fn says(&self, other: &Self) -> bool {
        let sorted = |ini: &Self| {
            let mut sections = ini.0.clone();
            for section in &mut sections {
                section.fields.sort();
            }
            sections.sort_by(|a, b| a.name.cmp(&b.name));
            sections
        };
        sorted(self) == sorted(other)
    }

    /// The values of a name, in all sections.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter().flat_map(|section| &section.fields);
        fields
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.0 {
            // Writing to a string never fails.
            let _ = writeln!(text, "[{}]", section.name);
            for (name, value) in &section.fields {
                let _ = writeln!(text, "{name} = {}", value.replace('\n', "\n\t"));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let text = "# made by hand\n[a]\nName: A\nbaseurl=http://x\n  http://y\n\n; off\n[b]\nenabled = 0\n";
        let read = Ini::read(text).unwrap();
        assert_eq!(
            read.text(),
            "[a]\nname = A\nbaseurl = http://x\n\thttp://y\n\n[b]\nenabled = 0\n\n"
        );
        assert_eq!(Ini::read(&read.text()).unwrap(), read);
        let fields = vec![
            ("baseurl".to_owned(), "http://x\nhttp://y".to_owned()),
            ("name".to_owned(), "A".to_owned()),
        ];
        assert!(read.says(&read.with("a", fields)));
        assert!(!read.says(&read.without("b")));
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        assert_eq!(
            Ini::read("[a]\nfoo\n").unwrap_err(),
            "line 2 (`foo`) is no `name = value`"
        );
        assert!(Ini::read("a = b\n").is_err());
    }
}
