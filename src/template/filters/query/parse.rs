//! The words of a query as an expression, by how strongly each binds.

use super::Expr;
use super::words::{Word, words};

/// How deep expressions may stand in each other.
const DEEPEST: usize = 64;
/// What binds weaker ends a projection.
const PROJECTION: u8 = 10;

pub(super) fn expression(text: &str) -> Result<Expr, String> {
    let mut parser = Parser {
        words: words(text)?,
        at: 0,
        depth: 0,
    };
    let parsed = parser.expression(0)?;
    match parser.word() {
        Word::End => Ok(parsed),
        other => Err(format!("{} is too much", spelled(other))),
    }
}

fn spelled(word: &Word) -> String {
    match word {
        Word::Name(name) | Word::Quoted(name) => format!("`{name}`"),
        Word::Number(number) => format!("`{number}`"),
        Word::Literal(value) => format!("`{value}`"),
        Word::Sign(sign) => format!("`{sign}`"),
        Word::End => "the end".to_owned(),
    }
}

fn strength(word: &Word) -> u8 {
    match word {
        Word::Sign("|") => 1,
        Word::Sign("||") => 2,
        Word::Sign("&&") => 3,
        Word::Sign("==" | "!=" | "<" | "<=" | ">" | ">=") => 5,
        Word::Sign("[]") => 9,
        Word::Sign("*") => 20,
        Word::Sign("[?") => 21,
        Word::Sign(".") => 40,
        Word::Sign("{") => 50,
        Word::Sign("[") => 55,
        Word::Sign("(") => 60,
        _ => 0,
    }
}

struct Parser {
    words: Vec<Word>,
    at: usize,
    depth: usize,
}

type Parsed = Result<Expr, String>;

impl Parser {
    fn word(&self) -> &Word {
        self.words.get(self.at).unwrap_or(&Word::End)
    }

    fn next(&mut self) -> Word {
        let word = self.word().clone();
        self.at += 1;
        word
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.word(), Word::Sign(found) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(format!(
            "`{sign}` is missing before {}",
            spelled(self.word())
        ))
    }

    fn expression(&mut self, least: u8) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is too deep".to_owned());
        }
        let mut left = self.begun()?;
        while strength(self.word()) > least {
            left = self.continued(left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn begun(&mut self) -> Parsed {
        Ok(match self.next() {
            Word::Literal(value) => Expr::Literal(value),
            Word::Name(name) | Word::Quoted(name) => Expr::Field(name),
            Word::Sign("@") => Expr::Current,
            Word::Sign("*") => {
                let each = if matches!(self.word(), Word::Sign("]")) {
                    Expr::Current
                } else {
                    self.projected(20)?
                };
                Expr::Values(Expr::Current.into(), each.into())
            }
            Word::Sign("[?") => self.filtered(Expr::Current)?,
            Word::Sign("[]") => self.flattened(Expr::Current)?,
            Word::Sign("{") => self.map()?,
            Word::Sign("(") => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                inner
            }
            Word::Sign("[") => match self.word() {
                Word::Number(_) | Word::Sign(":") => self.indexed(Expr::Current)?,
                Word::Sign("*") if self.words.get(self.at + 1) == Some(&Word::Sign("]")) => {
                    self.each(Expr::Current)?
                }
                _ => self.list()?,
            },
            Word::Sign("&") => Expr::Reference(self.expression(0)?.into()),
            Word::Sign("!") => Expr::Not(self.expression(45)?.into()),
            other => return Err(format!("{} is not expected", spelled(&other))),
        })
    }

    fn continued(&mut self, left: Expr) -> Parsed {
        let before = self.word().clone();
        self.at += 1;
        let Word::Sign(sign) = before else {
            return Err(format!("{} is not expected", spelled(&before)));
        };
        Ok(match sign {
            "." if self.takes("*") => Expr::Values(left.into(), self.projected(20)?.into()),
            "." => Expr::Then(left.into(), self.behind_dot(40)?.into()),
            "|" => Expr::Pipe(left.into(), self.expression(1)?.into()),
            "||" => Expr::Or(left.into(), self.expression(2)?.into()),
            "&&" => Expr::And(left.into(), self.expression(3)?.into()),
            "==" | "!=" | "<" | "<=" | ">" | ">=" => {
                Expr::Compare(sign, left.into(), self.expression(5)?.into())
            }
            "(" => match left {
                Expr::Field(name) => Expr::Call(name, self.several(")", Self::argument)?),
                _ => return Err("only a function is called".to_owned()),
            },
            "[?" => self.filtered(left)?,
            "[]" => self.flattened(left)?,
            "[" => match self.word() {
                Word::Number(_) | Word::Sign(":") => self.indexed(left)?,
                _ => self.each(left)?,
            },
            other => return Err(format!("`{other}` is not expected")),
        })
    }

    fn argument(&mut self) -> Parsed {
        self.expression(0)
    }

    /// Parts between commas, up to a sign.
    fn several<T>(
        &mut self,
        end: &str,
        part: fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut parts = Vec::new();
        if self.takes(end) {
            return Ok(parts);
        }
        loop {
            parts.push(part(self)?);
            if self.takes(end) {
                return Ok(parts);
            }
            self.expect(",")?;
        }
    }

    fn list(&mut self) -> Parsed {
        Ok(Expr::List(self.several("]", Self::argument)?))
    }

    fn map(&mut self) -> Parsed {
        let entry = |parser: &mut Self| match parser.next() {
            Word::Name(name) | Word::Quoted(name) => {
                parser.expect(":")?;
                Ok((name, parser.expression(0)?))
            }
            other => Err(format!("{} is no key", spelled(&other))),
        };
        Ok(Expr::Map(self.several("}", entry)?))
    }

    fn each(&mut self, left: Expr) -> Parsed {
        self.expect("*")?;
        self.expect("]")?;
        Ok(Expr::Each(left.into(), self.projected(20)?.into()))
    }

    fn flattened(&mut self, left: Expr) -> Parsed {
        let flat = Expr::Flat(left.into());
        Ok(Expr::Each(flat.into(), self.projected(9)?.into()))
    }

    fn filtered(&mut self, left: Expr) -> Parsed {
        let condition = self.expression(0)?;
        self.expect("]")?;
        let each = if matches!(self.word(), Word::Sign("[]")) {
            Expr::Current
        } else {
            self.projected(21)?
        };
        Ok(Expr::Where(left.into(), condition.into(), each.into()))
    }

    /// `[3]`, `[1:2]`
    fn indexed(&mut self, left: Expr) -> Parsed {
        let mut parts = [None; 3];
        let mut part = 0;
        while !self.takes("]") {
            match self.next() {
                Word::Number(number) => parts[part] = Some(number),
                Word::Sign(":") if part < 2 => part += 1,
                other => return Err(format!("{} is no index", spelled(&other))),
            }
        }
        if part == 0 {
            let at = parts[0].ok_or("an index is missing")?;
            return Ok(Expr::Then(left.into(), Expr::Index(at).into()));
        }
        let slice = Expr::Then(left.into(), Expr::Slice(parts).into());
        Ok(Expr::Each(slice.into(), self.projected(20)?.into()))
    }

    /// What is taken of each item of a projection.
    fn projected(&mut self, strong: u8) -> Parsed {
        if strength(self.word()) < PROJECTION {
            return Ok(Expr::Current);
        }
        match self.word() {
            Word::Sign("[" | "[?") => self.expression(strong),
            Word::Sign(".") => {
                self.at += 1;
                self.behind_dot(strong)
            }
            other => Err(format!("{} is not expected", spelled(other))),
        }
    }

    fn behind_dot(&mut self, strong: u8) -> Parsed {
        match self.word() {
            Word::Name(_) | Word::Quoted(_) | Word::Sign("*") => self.expression(strong),
            Word::Sign("[") => {
                self.at += 1;
                self.list()
            }
            Word::Sign("{") => {
                self.at += 1;
                self.map()
            }
            other => Err(format!("{} is not expected behind a dot", spelled(other))),
        }
    }
}
