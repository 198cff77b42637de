//! Options are known, given once, and have a value.

use syn::{Error, Expr, ExprLit, Ident, Lit, Result};

use crate::{
    attr::{Argument, FORMS, Form, Opt},
    errors::all,
    syntax,
};

/// What an attribute says.
pub(super) struct Options {
    form: &'static Form,
    arguments: Vec<Argument>,
}

impl Options {
    pub(super) fn new(form: &'static Form, arguments: Result<Vec<Argument>>) -> Result<Self> {
        let arguments = arguments?;
        all(arguments.iter().enumerate().map(|(index, argument)| {
            let before = arguments.iter().take(index);
            let may_be_key = form.takes_keys && before.clone().all(|other| other.name.is_none());
            let is_first = index == 0 && !is_flag(form, argument);
            if may_be_key && argument.name.is_none() && (is_first || is_text(&argument.value)) {
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
    pub(super) fn get(&self, name: &str) -> Option<&Expr> {
        let option = |argument: &&Argument| argument.name.as_ref().is_some_and(|it| it == name);
        self.arguments.iter().find(option).map(|argument| &argument.value)
    }

    /// Whether `crate` is a path.
    pub(super) fn check_crate(&self) -> Result<()> {
        match self.get("crate").map(syntax::expr) {
            None | Some(Expr::Path(_)) => Ok(()),
            Some(other) => {
                let message = "the runtime is given as a path: `crate = my_runtime`";
                Err(Error::new_spanned(other, message))
            }
        }
    }

    /// The name of an option, as it was written.
    pub(super) fn written(&self, option: &str) -> Option<&Ident> {
        self.names().find(|name| *name == option)
    }

    /// How an option is written.
    pub(super) fn example(&self, option: &str) -> &'static str {
        let known = self.form.options.iter().find(|known| known.name == option);
        known.map_or(self.form.example, |known| known.example)
    }

    /// All names that were written.
    pub(super) fn names(&self) -> impl Iterator<Item = &Ident> {
        self.arguments.iter().filter_map(name)
    }

    /// The values without a name.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Expr> {
        let is_key =
            |argument: &&Argument| argument.name.is_none() && !is_flag(self.form, argument);
        self.arguments.iter().filter(is_key).map(|argument| &argument.value)
    }
}

/// Whether an argument is an option that stands alone.
fn is_flag(form: &Form, argument: &Argument) -> bool {
    let option =
        form.options.iter().find(|option| name(argument).is_some_and(|it| it == option.name));
    option.is_some_and(|option| !option.takes_value())
}

/// What others call our options.
const SYNONYMS: [(&str, &str); 4] =
    [("min", "range"), ("max", "range"), ("values", "one_of"), ("interval", "every")];

fn is_text(value: &Expr) -> bool {
    matches!(syntax::expr(value), Expr::Lit(ExprLit { lit: Lit::Str(_), .. }))
}

/// How an argument says which option it is.
fn name(argument: &Argument) -> Option<&Ident> {
    argument.name.as_ref().or_else(|| bare_word(&argument.value))
}

fn bare_word(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

fn known(form: &'static Form, name: &Ident) -> Result<&'static Opt> {
    let word = name.to_string();
    if let Some(option) = form.options.iter().find(|option| option.name == word) {
        return Ok(option);
    }
    let meant = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, option)| *option);
    if let Some(option) = form.options.iter().find(|option| meant == Some(option.name)) {
        let message = format!("unknown option `{word}`: write `{}`", option.example);
        return Err(Error::new_spanned(name, message));
    }
    let close = form.options.iter().find(|option| is_close(option.name, &word));
    let homes = FORMS.iter().filter(|form| form.options.iter().any(|option| option.name == word));
    // Another place of the same attribute is more likely than another attribute.
    let home = homes.min_by_key(|home| home.name != form.name);
    let hint = match (close, home) {
        (Some(close), _) => format!("did you mean `{}`?", close.name),
        (None, Some(home)) => format!("it belongs to `{}`", home.example),
        (None, None) => takes(form),
    };
    Err(Error::new_spanned(name, format!("unknown option `{word}`: {hint}")))
}

fn takes(form: &Form) -> String {
    let key = form.takes_keys.then(|| "a key".to_owned());
    let options = form.options.iter().map(|option| format!("`{}`", option.name));
    let parts: Vec<_> = key.into_iter().chain(options).collect();
    match parts.as_slice() {
        [] => format!("`#[{}]` takes no options", form.name),
        parts => format!("`#[{}]` takes {}, as in `{}`", form.name, parts.join(", "), form.example),
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

/// Whether a typing mistake lies between the two words.
fn is_close(known: &str, word: &str) -> bool {
    known.starts_with(word) || word.starts_with(known) || distance(known, word) <= 2
}

/// The number of letters to insert, remove or replace.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((other, above), diagonal) in to.chars().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            let replaced = diagonal + usize::from(letter != other);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
