//! The shared environments: one for each way to treat the blanks around blocks, with everything
//! that templates can call. Templates are compiled once; their names carry their texts.

use super::convert::settle;
use super::registry::Registry;
use super::trace;
use super::{depth, filters, functions, limits, methods, print, tests};
use crate::diag::read_text;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

/// What stands between a template's path and its text in its name. No path has it.
const SEAM: char = '\0';
/// What the name of a template begins with that must not be read; the rest says why.
const REFUSED: &str = "\0\0";

static SHARED: LazyLock<(Registry, [Environment<'static>; 4])> = LazyLock::new(|| {
    let mut registry = Registry::new(bare());
    filters::register(&mut registry);
    tests::register(&mut registry);
    functions::register(&mut registry);
    let variant = |trim, lstrip| {
        let mut environment = registry.environment().clone();
        let mut builder = SyntaxConfig::builder();
        builder
            .trim_blocks(trim)
            .lstrip_blocks(lstrip)
            .keep_trailing_newline(true);
        // The default delimiters can't be refused; were they, the default syntax holds.
        environment.set_syntax(builder.build().unwrap_or_default());
        environment
    };
    let variants = [
        variant(false, false),
        variant(true, false),
        variant(false, true),
        variant(true, true),
    ];
    (registry, variants)
});

/// The environment for a way to treat the blanks around blocks.
pub(super) fn shared(trim_blocks: bool, lstrip_blocks: bool) -> &'static Environment<'static> {
    &SHARED.1[usize::from(trim_blocks) + 2 * usize::from(lstrip_blocks)]
}

/// The names of everything that templates can call.
pub(super) fn registry() -> &'static Registry {
    &SHARED.0
}

/// The name under which the environments compile `text`; `path` is empty when it is in no file.
pub(super) fn template_name(path: &str, text: &str) -> String {
    format!("{path}{SEAM}{text}")
}

/// The path and the text of a template's name.
pub(super) fn split_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEAM)
}

fn bare() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_auto_reload(false);
    environment.set_fuel(Some(limits::STEPS));
    environment.set_loader(|name| match name.strip_prefix(REFUSED) {
        Some(why) => Err(Error::new(ErrorKind::InvalidOperation, why.to_owned())),
        None => Ok(split_name(name).map(|(_, text)| text.to_owned())),
    });
    environment.set_path_join_callback(included);
    environment.set_unknown_method_callback(methods::call);
    environment.set_formatter(|out, _state, value| {
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        // Nothing prints as nothing, and a text of one value and nothings keeps the value's type.
        if value.is_none() {
            return Ok(());
        }
        let text = match value.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(print::text(&settle(value)?)),
        };
        if trace::note_emitted(value, text.len()) > limits::LONGEST {
            return Err(limits::too_long());
        }
        out.write_str(&text).map_err(Error::from)
    });
    environment
}

/// `include`, `import` and `extends` find a template next to the one that names it, or in the
/// nearest `templates` folder above it.
fn included<'s>(name: &'s str, parent: &'s str) -> Cow<'s, str> {
    let Some((parent, _)) = split_name(parent) else {
        return Cow::Borrowed(name);
    };
    // What stands behind the seam would be taken for a template.
    let name = name.split(SEAM).next().unwrap_or_default();
    if trace::count_load() > limits::LOADS {
        return Cow::Owned(format!(
            "{REFUSED}more than {} templates are read for one; does `{name}` extend itself?",
            limits::LOADS
        ));
    }
    Path::new(parent)
        .ancestors()
        .skip(1)
        .enumerate()
        .filter(|(depth, folder)| *depth == 0 || folder.ends_with("templates"))
        .map(|(_, folder)| folder.join(name))
        .find_map(|path| {
            let text = read_text(&path).ok()?;
            let name = template_name(&path.to_string_lossy(), &text);
            // The engine reads this one by itself, and must not fall over.
            Some(match depth::check(&text, false, SyntaxConfig::default()) {
                Ok(()) => Cow::Owned(name),
                Err(error) => Cow::Owned(format!(
                    "{REFUSED}{}: {}",
                    path.display(),
                    error.detail().unwrap_or_default()
                )),
            })
        })
        .unwrap_or(Cow::Borrowed(name))
}
