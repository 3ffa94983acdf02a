//! The table that `psql --csv` prints.

/// The records at the beginning of `text`: at most `limit`, and what comes after them.
/// A field is `None` when it is the unquoted text `null`.
pub fn records<'a>(text: &'a str, limit: usize, null: &str) -> (Vec<Vec<Option<String>>>, &'a str) {
    let mut rest = text;
    let mut records = Vec::new();
    while records.len() < limit && !rest.is_empty() {
        let mut record = Vec::new();
        loop {
            let (field, after) = field(rest, null);
            record.push(field);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => {
                    rest = after.strip_prefix('\n').unwrap_or(after);
                    break;
                }
            }
        }
        records.push(record);
    }
    (records, rest)
}

fn field<'a>(text: &'a str, null: &str) -> (Option<String>, &'a str) {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let value = &text[..end];
        return ((value != null).then(|| value.to_owned()), &text[end..]);
    };
    let mut value = String::new();
    while let Some((before, after)) = rest.split_once('"') {
        value.push_str(before);
        rest = after;
        match rest.strip_prefix('"') {
            Some(next) => {
                value.push('"');
                rest = next;
            }
            None => return (Some(value), rest),
        }
    }
    value.push_str(rest);
    (Some(value), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_line_breaks_and_nulls_are_told_apart() {
        let text = "a,b\n\"x \"\"y\"\"\n,z\",NULL\n,\"NULL\"\nINSERT 0 2\n";
        let (rows, rest) = records(text, 3, "NULL");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows,
            [
                vec![some("a"), some("b")],
                vec![some("x \"y\"\n,z"), None],
                vec![some(""), some("NULL")]
            ]
        );
        assert_eq!(rest, "INSERT 0 2\n");
    }
}
