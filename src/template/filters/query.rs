//! `json_query`: values by an expression of `JMESPath`. Mappings keep their order, as Python's do.

mod ask;
mod functions;
mod parse;
mod words;

use super::super::convert::settle;
use super::super::registry::{GENERAL, Registry};
use super::wrong;
use minijinja::{Error, Value};

pub(super) fn register(to: &mut Registry) {
    to.filter_of(
        GENERAL,
        "json_query",
        |value: &Value, text: &str| -> Result<Value, Error> {
            let broken = |why: String| wrong(format!("the query `{text}`: {why}"));
            let expression = parse::expression(text).map_err(broken)?;
            ask::ask(&expression, &settle(value)?).map_err(broken)
        },
    );
}

/// A part of a query.
#[derive(Clone, Debug)]
enum Expr {
    Current,
    Field(String),
    Index(i64),
    Slice([Option<i64>; 3]),
    Literal(Value),
    /// The second of what the first gives.
    Then(Box<Expr>, Box<Expr>),
    /// The same, where a projection ends.
    Pipe(Box<Expr>, Box<Expr>),
    /// Of each item of a list, the second.
    Each(Box<Expr>, Box<Expr>),
    /// Of each value of a mapping, the second.
    Values(Box<Expr>, Box<Expr>),
    /// Of each item for which the second holds, the third.
    Where(Box<Expr>, Box<Expr>, Box<Expr>),
    Flat(Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Map(Vec<(String, Expr)>),
    Call(String, Vec<Expr>),
    /// An expression as an argument.
    Reference(Box<Expr>),
}
