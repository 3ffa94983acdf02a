//! Walks the parser's tree once and writes down what is in it.

use super::{Anatomy, Call, Chain, Kind, Step, Use};
use minijinja::Value;
use minijinja::machinery::{Span, ast};
use std::collections::BTreeSet;
use std::ops::Range;

struct Walk<'a> {
    source: &'a str,
    found: Anatomy,
    local: Vec<BTreeSet<&'a str>>,
    guarded: bool,
}

pub(super) fn expression<'a>(source: &'a str, tree: &ast::Expr<'a>) -> Anatomy {
    let mut walk = Walk::new(source);
    walk.expr(tree);
    walk.found
}

pub(super) fn template<'a>(source: &'a str, tree: &ast::Stmt<'a>) -> Anatomy {
    let mut walk = Walk::new(source);
    walk.stmt(tree);
    walk.found
}

fn range(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

/// Where an expression begins: the engine's spans of postfix expressions begin at the postfix.
fn start(expr: &ast::Expr<'_>) -> usize {
    match expr {
        ast::Expr::GetAttr(e) => start(&e.expr),
        ast::Expr::GetItem(e) => start(&e.expr),
        ast::Expr::Slice(e) => start(&e.expr),
        ast::Expr::Call(e) => start(&e.expr),
        ast::Expr::Test(e) => start(&e.expr),
        ast::Expr::Filter(e) => e.expr.as_ref().map_or(range(e.span()).start, start),
        ast::Expr::BinOp(e) => start(&e.left),
        ast::Expr::Compare(e) => start(&e.expr),
        ast::Expr::IfExpr(e) => start(&e.true_expr),
        _ => range(expr.span()).start,
    }
}

/// The variable and the steps of `a.b[0]`, from the inside out, with the ends of its parts.
fn chain<'t, 'a>(
    expr: &'t ast::Expr<'a>,
) -> Option<(&'t ast::Spanned<ast::Var<'a>>, Vec<Step>, Vec<usize>)> {
    let (base, step) = match expr {
        ast::Expr::Var(var) => return Some((var, Vec::new(), vec![range(var.span()).end])),
        ast::Expr::GetAttr(e) => (&e.expr, Step::Key(e.name.to_owned())),
        ast::Expr::GetItem(e) => (&e.expr, item(&e.subscript_expr)),
        _ => return None,
    };
    let (var, mut steps, mut ends) = chain(base)?;
    steps.push(step);
    ends.push(range(expr.span()).end);
    Some((var, steps, ends))
}

fn item(subscript: &ast::Expr<'_>) -> Step {
    match subscript.as_const() {
        Some(value) if value.as_str().is_some() => {
            Step::Key(value.as_str().unwrap_or_default().to_owned())
        }
        Some(value) => value.as_i64().map_or(Step::Computed, Step::Index),
        None => Step::Computed,
    }
}

impl<'a> Walk<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            found: Anatomy::default(),
            local: vec![BTreeSet::new()],
            guarded: false,
        }
    }

    fn is_local(&self, name: &str) -> bool {
        self.local.iter().any(|names| names.contains(name))
    }

    fn set(&mut self, name: &'a str) {
        if let Some(names) = self.local.last_mut() {
            names.insert(name);
        }
    }

    fn target(&mut self, expr: &ast::Expr<'a>) {
        match expr {
            ast::Expr::Var(var) => self.set(var.id),
            ast::Expr::List(list) => list.items.iter().for_each(|item| self.target(item)),
            ast::Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.target(item)),
            other => self.expr(other),
        }
    }

    fn guarded_expr(&mut self, expr: &ast::Expr<'a>) {
        if let Some((var, steps, mut ends)) = chain(expr)
            && !steps.is_empty()
        {
            // The whole may be undefined as it is.
            ends.pop();
            self.found.chains.push(Chain {
                start: range(var.span()).start,
                ends,
            });
        }
        let before = std::mem::replace(&mut self.guarded, true);
        self.expr(expr);
        self.guarded = before;
    }

    fn called(&mut self, kind: Kind, name: &str, place: Range<usize>) {
        self.found.calls.push(Call {
            kind,
            name: name.to_owned(),
            range: place,
        });
    }

    fn args(&mut self, args: &[ast::CallArg<'a>]) {
        for arg in args {
            match arg {
                ast::CallArg::Pos(expr)
                | ast::CallArg::Kwarg(_, expr)
                | ast::CallArg::PosSplat(expr)
                | ast::CallArg::KwargSplat(expr) => self.expr(expr),
            }
        }
    }

    fn exprs<'t>(&mut self, exprs: impl IntoIterator<Item = &'t ast::Expr<'a>>)
    where
        'a: 't,
    {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &ast::Expr<'a>) {
        let place = range(expr.span());
        self.found
            .extents
            .push((place.clone(), start(expr)..place.end));
        if let Some((var, steps, _)) = chain(expr) {
            self.found.uses.push(Use {
                variable: var.id.to_owned(),
                range: range(var.span()).start..place.end,
                guarded: self.guarded,
                local: self.is_local(var.id),
                steps,
            });
            self.subscripts(expr);
            return;
        }
        match expr {
            ast::Expr::Var(_) | ast::Expr::Const(_) => {}
            ast::Expr::Slice(e) => {
                self.expr(&e.expr);
                self.exprs(e.start.iter().chain(&e.stop).chain(&e.step));
            }
            ast::Expr::UnaryOp(e) => self.expr(&e.expr),
            ast::Expr::BinOp(e) => {
                self.percent(e);
                self.exprs([&e.left, &e.right]);
            }
            ast::Expr::Compare(e) => {
                self.expr(&e.expr);
                self.exprs(e.ops.iter().map(|op| &op.expr));
            }
            ast::Expr::IfExpr(e) => {
                self.exprs([&e.test_expr, &e.true_expr]);
                self.exprs(&e.false_expr);
            }
            ast::Expr::Filter(e) => {
                let whole = range(e.span());
                self.called(
                    Kind::Filter,
                    e.name,
                    whole.start..whole.start + e.name.len(),
                );
                match &e.expr {
                    Some(inner) if matches!(e.name, "default" | "d") => self.guarded_expr(inner),
                    inner => self.exprs(inner),
                }
                self.args(&e.args);
            }
            ast::Expr::Test(e) => {
                let whole = range(e.span());
                self.called(Kind::Test, e.name, whole.start..whole.start + e.name.len());
                match e.name {
                    "defined" | "undefined" => self.guarded_expr(&e.expr),
                    _ => self.expr(&e.expr),
                }
                self.args(&e.args);
            }
            ast::Expr::GetAttr(e) => self.expr(&e.expr),
            ast::Expr::GetItem(e) => self.exprs([&e.expr, &e.subscript_expr]),
            ast::Expr::Call(e) => self.call(e),
            ast::Expr::List(e) => self.exprs(&e.items),
            ast::Expr::Tuple(e) => self.exprs(&e.items),
            ast::Expr::Map(e) => self.exprs(e.keys.iter().chain(&e.values)),
        }
    }

    fn percent(&mut self, e: &ast::BinOp<'a>) {
        if !matches!(e.op, ast::BinOpKind::Rem)
            || e.left.as_const().is_none_or(|left| left.as_str().is_none())
        {
            return;
        }
        let (after, right) = (
            range(e.left.span()).end,
            start(&e.right)..range(e.right.span()).end,
        );
        // A parenthesis in between is one that the tree does not show, nor where it ends.
        if let Some(between) = self.source.get(after..right.start)
            && between.trim() == "%"
            && let Some(at) = between.find('%')
        {
            self.found.percents.push(after + at..right.end);
        }
    }

    /// The expressions in the brackets of `a[b].c[d]`, and the places of its parts.
    fn subscripts(&mut self, expr: &ast::Expr<'a>) {
        let base = match expr {
            ast::Expr::GetAttr(e) => &e.expr,
            ast::Expr::GetItem(e) => {
                let before = std::mem::replace(&mut self.guarded, false);
                self.expr(&e.subscript_expr);
                self.guarded = before;
                &e.expr
            }
            _ => return,
        };
        let place = range(base.span());
        self.found
            .extents
            .push((place.clone(), start(base)..place.end));
        self.subscripts(base);
    }

    fn call(&mut self, call: &ast::Spanned<ast::Call<'a>>) {
        match &call.expr {
            ast::Expr::Var(var) if !self.is_local(var.id) => {
                let place = range(var.span());
                self.called(Kind::Function, var.id, place);
                if matches!(var.id, "lookup" | "query" | "q")
                    && let Some(ast::CallArg::Pos(first)) = call.args.first()
                    && let Some(name) = first.as_const().as_ref().and_then(Value::as_str)
                {
                    self.called(Kind::Lookup, name, range(first.span()));
                }
            }
            ast::Expr::Var(_) => {}
            // A method: what it is called on is a value, the method is not.
            ast::Expr::GetAttr(method) => self.expr(&method.expr),
            other => self.expr(other),
        }
        self.args(&call.args);
    }

    fn scoped(&mut self, act: impl FnOnce(&mut Self)) {
        self.local.push(BTreeSet::new());
        act(self);
        self.local.pop();
    }

    fn body(&mut self, body: &[ast::Stmt<'a>]) {
        self.scoped(|walk| walk.stmts(body));
    }

    fn stmts(&mut self, body: &[ast::Stmt<'a>]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'a>) {
        match stmt {
            ast::Stmt::Template(t) => {
                self.set("self");
                self.stmts(&t.children);
            }
            ast::Stmt::EmitExpr(e) => self.expr(&e.expr),
            ast::Stmt::ForLoop(f) => {
                self.expr(&f.iter);
                self.scoped(|walk| {
                    walk.set("loop");
                    walk.target(&f.target);
                    walk.exprs(&f.filter_expr);
                    walk.stmts(&f.body);
                });
                self.body(&f.else_body);
            }
            // What a branch sets is set after it too.
            ast::Stmt::IfCond(i) => {
                self.expr(&i.expr);
                self.stmts(&i.true_body);
                self.stmts(&i.false_body);
            }
            ast::Stmt::WithBlock(w) => self.scoped(|walk| {
                for (target, value) in &w.assignments {
                    walk.expr(value);
                    walk.target(target);
                }
                walk.stmts(&w.body);
            }),
            ast::Stmt::Set(s) => {
                self.expr(&s.expr);
                self.target(&s.target);
            }
            ast::Stmt::SetBlock(s) => {
                self.body(&s.body);
                self.exprs(&s.filter);
                self.target(&s.target);
            }
            ast::Stmt::AutoEscape(a) => self.body(&a.body),
            ast::Stmt::FilterBlock(f) => {
                self.body(&f.body);
                self.expr(&f.filter);
            }
            ast::Stmt::Block(b) => self.scoped(|walk| {
                walk.set("super");
                walk.stmts(&b.body);
            }),
            ast::Stmt::Import(i) => {
                self.expr(&i.expr);
                self.target(&i.name);
            }
            ast::Stmt::FromImport(i) => {
                self.expr(&i.expr);
                for (name, alias) in &i.names {
                    self.target(alias.as_ref().unwrap_or(name));
                }
            }
            ast::Stmt::Extends(e) => self.expr(&e.name),
            ast::Stmt::Include(i) => self.expr(&i.name),
            ast::Stmt::Macro(m) => self.declared(m),
            ast::Stmt::CallBlock(c) => {
                self.call(&c.call);
                self.declared(&c.macro_decl);
            }
            ast::Stmt::Do(d) => self.call(&d.call),
            ast::Stmt::EmitRaw(_) | ast::Stmt::Continue(_) | ast::Stmt::Break(_) => {}
        }
    }

    fn declared(&mut self, m: &ast::Macro<'a>) {
        self.set(m.name);
        self.exprs(&m.defaults);
        self.scoped(|walk| {
            walk.set("caller");
            for arg in &m.args {
                walk.target(arg);
            }
            walk.stmts(&m.body);
        });
    }
}
