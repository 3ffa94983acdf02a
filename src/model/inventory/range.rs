//! Host names with ranges and ports: `pg-[a:c]`, `web[01:10:2].example.org:2222`.

/// The names that a host pattern stands for, and its port; what is wrong with it otherwise.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<u16>), String> {
    let (host, port) = split_port(pattern)?;
    Ok((expand_ranges(host, 0)?, port))
}

pub(super) fn split_port(pattern: &str) -> Result<(&str, Option<u16>), String> {
    // A bare IPv6 address has colons of its own; with a port it stands in brackets.
    if pattern.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok((pattern, None));
    }
    let Some((host, port)) = pattern
        .rsplit_once(':')
        .filter(|(_, port)| !port.contains(']'))
    else {
        return Ok((pattern, None));
    };
    if host.is_empty() || port.is_empty() {
        return Err(format!(
            "`{pattern}` ends where a port should follow the `:`"
        ));
    }
    let port = port
        .parse()
        .map_err(|_| format!("`{port}` is not a port"))?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = match bare {
        Some(bare) if bare.parse::<std::net::IpAddr>().is_ok() => bare,
        _ => host,
    };
    Ok((host, Some(port)))
}

/// How many ranges a name may hold and how many hosts it may stand for.
const RANGES: usize = 4;
const HOSTS: u64 = 100_000;

fn expand_ranges(pattern: &str, nested: usize) -> Result<Vec<String>, String> {
    let Some((head, rest)) = pattern.split_once('[') else {
        return Ok(vec![pattern.to_owned()]);
    };
    let (range, tail) = rest
        .split_once(']')
        .ok_or_else(|| format!("the `[` in `{pattern}` is never closed"))?;
    if nested >= RANGES {
        return Err(format!("more than {RANGES} ranges in one name"));
    }
    let middles = expand_range(range)?;
    let tails = expand_ranges(tail, nested + 1)?;
    if middles.len() as u64 * tails.len() as u64 > HOSTS {
        return Err(format!("`{pattern}` stands for more than {HOSTS} hosts"));
    }
    let tails = &tails;
    Ok(middles
        .iter()
        .flat_map(|middle| {
            tails
                .iter()
                .map(move |tail| format!("{head}{middle}{tail}"))
        })
        .collect())
}

fn expand_range(range: &str) -> Result<Vec<String>, String> {
    let bad = |why: &str| format!("`[{range}]` is no range: {why}");
    let parts: Vec<&str> = range.split(':').collect();
    let (from, to, step) = match parts[..] {
        [from, to] => (from, to, 1),
        [from, to, step] => (
            from,
            to,
            step.parse()
                .ok()
                .filter(|step| *step > 0)
                .ok_or_else(|| bad("the step must be a number from 1"))?,
        ),
        _ => return Err(bad("write `[first:last]` or `[first:last:step]`")),
    };
    let from = if from.is_empty() { "0" } else { from };
    if to.is_empty() {
        return Err(bad("its end is missing"));
    }
    if let (Ok(first), Ok(last)) = (from.parse::<u64>(), to.parse::<u64>()) {
        let padded = from.len() > 1 && from.starts_with('0');
        if padded && from.len() != to.len() {
            return Err(bad("with leading zeros both ends must be equally long"));
        }
        if first > last {
            return Err(bad("its end comes before its beginning"));
        }
        if (last - first) / step as u64 >= HOSTS {
            return Err(bad("it stands for too many hosts"));
        }
        let width = if padded { from.len() } else { 0 };
        return Ok((first..=last)
            .step_by(step)
            .map(|n| format!("{n:0width$}"))
            .collect());
    }
    match (from.as_bytes(), to.as_bytes()) {
        ([first], [last]) if first.is_ascii_alphabetic() && last.is_ascii_alphabetic() => {
            if first > last {
                return Err(bad("its end comes before its beginning"));
            }
            let letters = (*first..=*last).filter(u8::is_ascii_alphabetic);
            Ok(letters
                .step_by(step)
                .map(|letter| char::from(letter).to_string())
                .collect())
        }
        _ => Err(bad("both ends must be numbers, or both one letter")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_ports_are_unfolded() {
        let names = |pattern: &str| expand(pattern).unwrap().0;
        assert_eq!(names("pg-[a:c]"), ["pg-a", "pg-b", "pg-c"]);
        assert_eq!(names("web[08:10]"), ["web08", "web09", "web10"]);
        assert_eq!(names("n[1:5:2].x"), ["n1.x", "n3.x", "n5.x"]);
        assert_eq!(names("[a:b][1:2]"), ["a1", "a2", "b1", "b2"]);
        assert_eq!(names("n[:2]"), ["n0", "n1", "n2"]);
        assert_eq!(
            expand("db:2222").unwrap(),
            (vec!["db".to_owned()], Some(2222))
        );
        assert_eq!(
            expand("[fe80::1]:22").unwrap(),
            (vec!["fe80::1".to_owned()], Some(22))
        );
        assert_eq!(
            expand("fe80::1").unwrap(),
            (vec!["fe80::1".to_owned()], None)
        );
        assert_eq!(expand("n[1:2]:22").unwrap().1, Some(22));
    }

    #[test]
    fn bad_ranges_say_why() {
        for pattern in [
            "a[1:",
            "a[2:1]",
            "a[a:5]",
            "a[1:2:0]",
            "a[01:100]",
            "a:",
            "a:x",
            "a[1]",
            "a[0:99999999999]",
        ] {
            assert!(expand(pattern).is_err(), "{pattern}");
        }
    }
}
