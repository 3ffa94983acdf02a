//! A text of HTML into which nothing foreign gets as anything but text.

use super::steers;
use std::fmt::Write;

/// HTML that is being written. Markup must be there when trueup is compiled; whatever is known only
/// later goes through [`text`](Self::text).
#[derive(Debug, Default)]
pub struct Html {
    out: String,
}

/// The style that all pages share.
pub const STYLE: &str = include_str!("page.css");

impl Html {
    /// Markup, as it stands in the source.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// A text, for between tags or inside a quoted attribute. What can't be seen or would turn the
    /// text around is written out.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\n' | '\t' => self.out.push(c),
                c if steers(c) => {
                    // Writing to a String can't fail.
                    let _ = write!(self.out, "\\u{{{:x}}}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self
    }

    /// A number with at most two decimals, for an attribute.
    pub fn number(&mut self, number: f64) -> &mut Self {
        let text = format!("{number:.2}");
        self.out
            .push_str(text.trim_end_matches('0').trim_end_matches('.'));
        self
    }

    /// A value as JSON, for a `script` element of that type.
    pub fn json(&mut self, value: &serde_json::Value) -> &mut Self {
        // Inside `script` nothing is unescaped; JSON has its own way to write a `<`.
        self.out
            .push_str(&value.to_string().replace('<', "\\u003c"));
        self
    }

    /// The text of it.
    pub fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut html = Html::default();
        html.text(text);
        html.finish()
    }

    #[test]
    fn what_is_foreign_stays_text() {
        assert_eq!(
            text("<img src=x onerror='a(\"&\")'>"),
            "&lt;img src=x onerror=&#39;a(&quot;&amp;&quot;)&#39;&gt;"
        );
        assert_eq!(
            text("a\u{1b}[2J\u{202e}b\r\n"),
            "a\\u{1b}[2J\\u{202e}b\\u{d}\n"
        );
    }

    #[test]
    fn json_cannot_end_its_element() {
        let mut html = Html::default();
        html.json(&serde_json::json!(["</script><b>"]));
        assert_eq!(html.finish(), "[\"\\u003c/script>\\u003cb>\"]");
    }

    #[test]
    fn a_number_is_short() {
        let mut html = Html::default();
        html.number(0.0)
            .raw(" ")
            .number(12.5)
            .raw(" ")
            .number(1.0 / 3.0)
            .raw(" ")
            .number(100.0);
        assert_eq!(html.finish(), "0 12.5 0.33 100");
    }
}
