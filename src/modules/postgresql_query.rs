//! Runs SQL.
//!
//! ```yaml
//! - postgresql_query:
//!     login_db: app
//!     query: SELECT count(*) AS rows FROM orders WHERE state = %s
//!     positional_args: [open]
//!   register: orders
//!   check_mode: false
//!   changed_when: false
//! ```
//!
//! A plan does not run it without `check_mode: false`, its author's word that it only reads. What it
//! would do to roles, databases, parameters and slots is known where its first words say that it is
//! about something else; otherwise a plan knows nothing of them behind it.

use super::postgresql::login::{login_aliases, with_login};
use super::postgresql::sql_text::{Arguments, fill, statements};
use super::postgresql::touched::{makes, reads};
use super::postgresql::{csv, in_servers_words};
use super::{Change, Controller, Course, Module, Plan, Sign, TaskResult};
use crate::diag::Diag;
use crate::facts::sql::{ident, literal};
use crate::facts::{Look, ProbeError};
use crate::step::{Action, Effect, Step};
use serde_json::{Map, Number, Value};

/// `postgresql_query`
pub struct PostgresqlQuery;

with_login! {
    /// Parameters of `postgresql_query`.
    pub struct Params {
        /// The SQL: one statement or several; the result is the last one's. A list of such: the result of each is in
        /// `query_all_results`.
        query: Query,
        /// Values for `%s`.
        #[serde(default)]
        positional_args: Option<Vec<Value>>,
        /// Values for `%(name)s`.
        #[serde(default)]
        named_args: Option<Map<String, Value>>,
        /// Not in a transaction (`VACUUM`).
        #[serde(default)]
        autocommit: bool,
        /// The client's encoding; always UTF-8 here.
        #[serde(default)]
        encoding: Option<String>,
        /// The schemas to look in.
        #[serde(default)]
        search_path: Vec<String>,
        /// The database to connect to.
        #[serde(default = "super::postgresql::login::postgres")]
        login_db: String,
    }
}

/// One query, or several.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Query {
    /// One.
    One(String),
    /// Several, one after the other.
    Many(Vec<String>),
}

impl Query {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// The task, the statements of each of its queries read.
pub struct Ready {
    params: Params,
    queries: Vec<Vec<String>>,
}

/// Stands between the parts of what psql prints.
const MARK: &str = "\u{1e}trueup\u{1e}";
/// Stands for NULL in what psql prints.
const NULL: &str = "\u{1f}null\u{1f}";

impl Params {
    fn filled(&self, query: &str) -> Result<String, String> {
        match (&self.positional_args, &self.named_args) {
            (Some(_), Some(_)) => {
                Err("positional_args and named_args exclude each other".to_owned())
            }
            (Some(list), None) => fill(query, &Arguments::Positional(list)),
            (None, Some(map)) => fill(query, &Arguments::Named(map)),
            (None, None) => Ok(query.to_owned()),
        }
    }
}

impl Ready {
    /// All statements but the last without their output; of the last its columns, then its rows.
    fn step(&self) -> Step {
        let mut sql = format!("\\pset null {}\n", literal(NULL));
        if !self.params.search_path.is_empty() {
            let path: Vec<String> = self
                .params
                .search_path
                .iter()
                .map(|schema| ident(schema))
                .collect();
            sql.push_str(&format!("SET search_path TO {};\n", path.join(", ")));
        }
        if !self.params.autocommit {
            sql.push_str("BEGIN;\n");
        }
        for statements in &self.queries {
            let (last, first) = statements
                .split_last()
                .map_or(("", [].as_slice()), |(l, f)| (l, f));
            sql.push_str("\\o /dev/null\n");
            for statement in first {
                sql.push_str(&format!("{statement};\n"));
            }
            sql.push_str(&format!(
                "\\o\n\\echo {MARK}\n{last}\n\\gdesc\n\\echo {MARK}\n\\set QUIET off\n{last}\n;\n\
                 \\set QUIET on\n\\echo {MARK}\n\\echo :ROW_COUNT\n"
            ));
        }
        if !self.params.autocommit {
            sql.push_str("COMMIT;\n");
        }
        let command = "psql -Xq --csv -v ON_ERROR_STOP=1";
        let login = self.params.login();
        let script = login.run(&self.params.login_db, &sql, command);
        let made = self.queries.iter().flatten();
        let made = made.flat_map(|one| makes(one, &self.params.login_db));
        let made = made.map(|pg| Effect::Postgres(login.server(), pg));
        Step::new("run the query".to_owned(), Action::Run(script)).making(made)
    }
}

/// What a query gave.
#[derive(Debug, Default)]
struct Answer {
    rows: Vec<Value>,
    count: i64,
    message: String,
}

/// Reads what the step printed of each query, by its last statement.
fn read_all(queries: &[Vec<String>], stdout: &str) -> Option<Vec<Answer>> {
    let mark = format!("{MARK}\n");
    let parts: Vec<&str> = stdout.split(&mark).skip(1).collect();
    let answers = queries.iter().zip(parts.chunks(3));
    let answers = answers.map(|(statements, parts)| {
        let [described, printed, count] = parts else {
            return None;
        };
        Some(read(statements.last()?, described, printed, count))
    });
    let answers: Vec<Answer> = answers.collect::<Option<_>>()?;
    (answers.len() == queries.len()).then_some(answers)
}

/// Reads what was printed of a statement.
fn read(statement: &str, described: &str, printed: &str, count: &str) -> Answer {
    let count: i64 = count.trim().parse().unwrap_or(-1);
    let first = statement
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_uppercase();
    if !described.starts_with("Column,Type\n") {
        return Answer {
            rows: vec![],
            count,
            message: printed.trim().to_owned(),
        };
    }
    let (columns, _) = csv::records(described, usize::MAX, NULL);
    let types: Vec<String> = columns
        .into_iter()
        .skip(1)
        .map(|mut record| record.pop().flatten().unwrap_or_default())
        .collect();
    // The server counts no rows of these, and psql prints nothing after them.
    let uncounted = matches!(first.as_str(), "SHOW" | "EXPLAIN");
    let limit = if uncounted {
        usize::MAX
    } else {
        usize::try_from(count).unwrap_or_default() + 1
    };
    let (mut records, rest) = csv::records(printed, limit, NULL);
    let header = if records.is_empty() {
        vec![]
    } else {
        records.remove(0)
    };
    let rows: Vec<Value> = records
        .into_iter()
        .map(|record| {
            let fields = header.iter().zip(&types).zip(record);
            let row: Map<String, Value> = fields
                .map(|((name, kind), field)| {
                    (
                        name.clone().unwrap_or_default(),
                        field.map_or(Value::Null, |text| typed(kind, text)),
                    )
                })
                .collect();
            Value::Object(row)
        })
        .collect();
    let message = match (rest.trim(), first.as_str()) {
        ("", "SELECT" | "WITH" | "VALUES" | "TABLE") => format!("SELECT {count}"),
        ("", _) => first,
        (tag, _) => tag.to_owned(),
    };
    let count = if uncounted {
        i64::try_from(rows.len()).unwrap_or(i64::MAX)
    } else {
        count
    };
    Answer {
        rows,
        count,
        message,
    }
}

fn typed(kind: &str, text: String) -> Value {
    let kind = kind.split('(').next().unwrap_or(kind).trim();
    let value = match kind {
        "smallint" | "integer" | "bigint" | "oid" => text.parse::<i64>().ok().map(Value::from),
        "real" | "double precision" | "numeric" => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number),
        "boolean" => Some(Value::Bool(text == "t")),
        "json" | "jsonb" => serde_json::from_str(&text).ok(),
        _ => None,
    };
    value.unwrap_or(Value::String(text))
}

/// Whether the command tag tells of a change, as Ansible reads it.
fn changed(answer: &Answer) -> bool {
    match answer.message.split_whitespace().next().unwrap_or_default() {
        "SELECT" | "SHOW" | "EXPLAIN" | "FETCH" => false,
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" => answer.count > 0,
        _ => true,
    }
}

/// Whether a statement's tag will tell of no change, whatever it finds.
fn only_asks(statement: &str) -> bool {
    let word = statement
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic());
    let word = word.into_iter().next().unwrap_or_default().to_uppercase();
    ["SELECT", "SHOW", "EXPLAIN", "FETCH", "TABLE", "VALUES"].contains(&word.as_str())
}

impl Module for PostgresqlQuery {
    const NAME: &'static str = "postgresql_query";
    const COLLECTION: &'static str = "community.postgresql";
    const ALIASES: &'static [(&'static str, &'static str)] = login_aliases!("db" => "login_db");
    const MAY_ASK: bool = true;
    type Params = Params;
    type Ready = Ready;
    type State = ();

    fn prepare(params: Params, _: &dyn Controller) -> Result<Ready, Diag> {
        params.check_login()?;
        let utf8 = |name: &String| ["UTF8", "UTF-8"].contains(&name.to_uppercase().as_str());
        if params.encoding.as_ref().is_some_and(|name| !utf8(name)) {
            return Err(super::postgresql::login::unsupported(
                "encoding",
                "leave it out: the client speaks UTF-8",
            ));
        }
        let wrong = |why: String| Diag::error(format!("can't read the query: {why}"));
        let texts = params.query.texts().iter();
        let read = texts.map(|query| statements(&params.filled(query)?));
        let queries = read.collect::<Result<Vec<_>, String>>().map_err(wrong)?;
        if queries.is_empty() {
            return Err(wrong("the list is empty".to_owned()));
        }
        Ok(Ready { params, queries })
    }

    async fn probe(_: &Ready, _: &Look) -> Result<(), ProbeError> {
        Ok(())
    }

    fn plan(ready: &Ready, (): &()) -> Result<Plan, String> {
        let texts = ready.params.query.texts().join("; ");
        let words: Vec<&str> = texts.split_whitespace().collect();
        let change = Change::new(Sign::Run, format!("query {}", words.join(" ")));
        Ok(Plan::Act {
            changes: vec![change],
            steps: vec![ready.step()],
        })
    }

    fn result(
        Course {
            ready, plan, ran, ..
        }: Course<'_, Self>,
    ) -> TaskResult {
        let last = ready
            .queries
            .last()
            .and_then(|statements| statements.last());
        let mut result = in_servers_words(TaskResult::of(plan, ran), ran)
            .with("query", last.cloned().unwrap_or_default())
            .with("query_list", ready.params.query.texts().to_vec());
        let lasts = || {
            ready
                .queries
                .iter()
                .filter_map(|statements| statements.last())
        };
        if ran.is_empty() {
            // What an apply will not call a change is none in a dry run.
            result.changed = !lasts().all(|query| reads(query));
        }
        let Some(ran) = ran.last().filter(|ran| ran.output.ok()) else {
            // What a dry run does not ask changes nothing either, where it only asks.
            result.changed &= !lasts().all(|query| only_asks(query));
            return result;
        };
        let Some(mut answers) = read_all(&ready.queries, &ran.output.out()) else {
            result.failed = Some(format!(
                "psql answered in an unknown form: {}",
                ran.output.out()
            ));
            return result;
        };
        result.changed = answers.iter().any(changed);
        let all: Vec<Value> = answers
            .iter()
            .map(|answer| answer.rows.clone().into())
            .collect();
        let count = match answers.as_slice() {
            [one] => one.count,
            several => several.iter().map(|answer| answer.count.max(0)).sum(),
        };
        let last = answers.pop().unwrap_or_default();
        result
            .with("rowcount", count)
            .with("statusmessage", last.message)
            .with("query_result", last.rows)
            .with("query_all_results", all)
    }
}
