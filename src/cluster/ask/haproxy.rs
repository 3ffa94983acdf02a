//! What HAProxy's statistics page says: where it sends clients.

use super::ways::{Server, Silent, Ways, seen};
use crate::cluster::status::{Proxy, Seen, Served};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Asks for the page in its form for programs; `password` is that of the user `stats`.
pub(in crate::cluster) async fn ask(
    ways: &Ways<'_>,
    server: &Server<'_>,
    password: Option<&Secret>,
) -> Seen<Proxy> {
    let header = password.map(|password| {
        let words = STANDARD.encode(format!("stats:{}", password.reveal()));
        Secret::new(format!("Basic {words}"))
    });
    let answer = ways.http(server, "GET", "/;csv", |request| match &header {
        Some(header) => request.header("Authorization", header.clone()),
        None => request,
    });
    seen(answer.await.and_then(|answer| match answer.status {
        200 => read(&answer.text()).map_err(Silent::Refused),
        _ => Err(Silent::Refused(format!(
            "its statistics page says {}",
            answer.words()
        ))),
    }))
}

fn read(text: &str) -> Result<Proxy, String> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().trim_start_matches("# ");
    let column = |name: &str| {
        let mut columns = header.split(',');
        columns
            .position(|column| column == name)
            .ok_or_else(|| format!("its statistics page has no {name}"))
    };
    let (section, server, status) = (column("pxname")?, column("svname")?, column("status")?);
    let (check, code) = (column("check_status")?, column("check_code")?);
    let mut proxy = Proxy::default();
    for line in lines {
        // What may hold a comma, and then stands in quotes, comes behind these columns.
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
        if matches!(cell(server), "FRONTEND" | "BACKEND" | "") {
            continue;
        }
        // While a check runs, a star stands before what the last one found.
        let found = cell(check).trim_start_matches("* ");
        let served = Served {
            name: cell(server).to_owned(),
            up: cell(status).starts_with("UP") || cell(status) == "no check",
            check: match cell(code) {
                "" => found.to_owned(),
                code => format!("{found}/{code}"),
            },
        };
        match cell(section) {
            "writes" => proxy.writes.push(served),
            "reads" => proxy.reads.push(served),
            _ => {}
        }
    }
    Ok(proxy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_by_the_names_of_the_columns() {
        let page = "\
# pxname,svname,qcur,status,weight,check_status,check_code,last_chk,
writes,FRONTEND,,OPEN,,,,,
writes,pg-a,0,UP,1,L7OK,200,\"OK, fine\",
writes,pg-b,0,DOWN,1,* L7STS,503,,
writes,pg-c,0,DOWN 1/2,1,L4CON,,,
writes,BACKEND,0,UP,1,,,,
reads,pg-b,0,UP 1/2,1,L7OK,200,,
stats,BACKEND,0,UP,0,,,,
";
        let read = read(page).unwrap();
        assert_eq!(Proxy::up(&read.writes), ["pg-a"]);
        assert_eq!(Proxy::up(&read.reads), ["pg-b"]);
        let checks: Vec<&str> = read
            .writes
            .iter()
            .map(|server| server.check.as_str())
            .collect();
        assert_eq!(checks, ["L7OK/200", "L7STS/503", "L4CON"]);
    }

    #[test]
    fn another_page_is_told() {
        insta::assert_snapshot!(read("<html>").unwrap_err(), @"its statistics page has no pxname");
    }
}
