//! The options of one attribute: each is known, given once, and has a value of its type.

mod known;
mod spelling;

use syn::{Error, Expr, Ident, LitStr, Result};

use self::known::{known, takes};
use crate::{
    attr::{Argument, Form, Opt},
    error_collector::all,
    syntax,
};

/// The arguments of an attribute.
pub(crate) struct Options {
    form: &'static Form,
    arguments: Vec<Argument>,
}

impl Options {
    pub(crate) fn new(form: &'static Form, arguments: Result<Vec<Argument>>) -> Result<Self> {
        let arguments = arguments?;
        all::<(), ()>(arguments.iter().enumerate().map(|(index, argument)| {
            let before = arguments.iter().take(index);
            let may_be_key = form.takes_keys && before.clone().all(|other| other.name.is_none());
            let is_first = index == 0 && !is_flag(form, argument);
            if may_be_key
                && argument.name.is_none()
                && (is_first || syntax::text(&argument.value).is_some())
            {
                return Ok(());
            }
            let Some(name) = name(argument) else { return Err(no_name(form, &argument.value)) };
            let option = known(form, name)?;
            match (option.takes_value(), &argument.name) {
                (true, None) => Err(no_value(option, name)),
                (false, Some(_)) => Err(needless_value(option, &argument.value)),
                _ => once(name, before),
            }
        }))?;
        Ok(Self { form, arguments })
    }

    /// The value of an option.
    pub(crate) fn get(&self, name: &str) -> Option<&Expr> {
        self.assert_listed(name);
        let option = |argument: &&Argument| argument.name.as_ref().is_some_and(|it| it == name);
        self.arguments.iter().find(option).map(|argument| &argument.value)
    }

    /// The rules ask only for options that users can write.
    fn assert_listed(&self, name: &str) {
        debug_assert!(self.form.option(name).is_some(), "`{name}` is not in the list of options");
    }

    /// Checks that `crate` is a path.
    pub(crate) fn check_crate(&self) -> Result<()> {
        match self.get("crate").map(syntax::expr) {
            None | Some(Expr::Path(_)) => Ok(()),
            Some(other) => {
                let message = "the runtime is given as a path: `crate = my_runtime`";
                Err(Error::new_spanned(other, message))
            }
        }
    }

    /// The value of an option that is a text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<LitStr>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Some(text) = syntax::text(value) else {
            let message = format!("`{name}` is a text in quotes: `{}`", self.example(name));
            return Err(Error::new_spanned(syntax::expr(value), message));
        };
        Ok(Some(text.clone()))
    }

    /// The value of an option that is a duration: any expression but a literal.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<Expr>> {
        let Some(duration) = self.get(name) else { return Ok(None) };
        if syntax::literal(duration).is_some() {
            let message = format!("`{name}` is a `Duration`: write `{}`", self.example(name));
            return Err(Error::new_spanned(duration, message));
        }
        Ok(Some(duration.clone()))
    }

    /// Whether an option is given whose value can only be this word.
    pub(crate) fn word(&self, name: &str, word: &str) -> Result<bool> {
        match self.get(name).map(|value| (value, syntax::expr(value))) {
            None => Ok(false),
            Some((_, Expr::Path(path))) if path.path.is_ident(word) => Ok(true),
            Some((value, _)) => {
                let message = format!("write `{name} = {word}`, or remove it");
                Err(Error::new_spanned(value, message))
            }
        }
    }

    /// Whether an option is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.written(name).is_some()
    }

    /// The name of an option, as it was written.
    pub(crate) fn written(&self, name: &str) -> Option<&Ident> {
        self.assert_listed(name);
        self.names().find(|written| *written == name)
    }

    /// A use of an option.
    pub(crate) fn example(&self, option: &str) -> &'static str {
        self.form.option(option).map_or(self.form.example, |known| known.example)
    }

    /// All names that were written.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        self.arguments.iter().filter_map(name)
    }

    /// The values without a name.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Expr> {
        let is_key =
            |argument: &&Argument| argument.name.is_none() && !is_flag(self.form, argument);
        self.arguments.iter().filter(is_key).map(|argument| &argument.value)
    }
}

/// Whether an argument is an option that stands alone.
fn is_flag(form: &Form, argument: &Argument) -> bool {
    let option = name(argument).and_then(|name| form.option(&name.to_string()));
    option.is_some_and(|option| !option.takes_value())
}

/// The name of the option that an argument gives.
fn name(argument: &Argument) -> Option<&Ident> {
    argument.name.as_ref().or_else(|| bare_word(&argument.value))
}

fn bare_word(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

fn once<'a>(name: &Ident, mut before: impl Iterator<Item = &'a Argument>) -> Result<()> {
    if before.any(|argument| self::name(argument) == Some(name)) {
        return Err(Error::new_spanned(name, format!("`{name}` is given twice: remove one")));
    }
    Ok(())
}

fn no_value(option: &Opt, word: &Ident) -> Error {
    Error::new_spanned(word, format!("`{word}` needs a value: `{}`", option.example))
}

fn needless_value(option: &Opt, value: &Expr) -> Error {
    let message = format!("`{}` takes no value: remove it", option.name);
    Error::new_spanned(value, message)
}

fn no_name(form: &Form, value: &Expr) -> Error {
    Error::new_spanned(value, format!("a value without a name: {}", takes(form)))
}
