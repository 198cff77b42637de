//! Options are known, given once, and have a value.

use syn::{Error, Expr, ExprLit, Ident, Lit, Result};

use crate::{
    attr::{Argument, FORMS, Form, Opt},
    errors::{all, both},
    syntax,
};

/// What an attribute says.
pub(super) struct Options {
    /// Values, with and without a name.
    values: Vec<Argument>,
    /// Words that stand alone.
    flags: Vec<Argument>,
}

impl Options {
    pub(super) fn new(form: &'static Form, arguments: Result<Vec<Argument>>) -> Result<Self> {
        let arguments = arguments?;
        all(arguments.iter().enumerate().map(|(index, argument)| {
            argument_of(form, argument, arguments.get(..index).unwrap_or_default())
        }))?;
        let (flags, values) = arguments.into_iter().partition(|argument| is_flag(form, argument));
        Ok(Self { values, flags })
    }

    /// Whether a word is there that stands alone.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().filter_map(word).any(|word| word == flag)
    }

    /// The value of an option.
    pub(super) fn get(&self, name: &str) -> Option<&Expr> {
        let option = |argument: &&Argument| argument.name.as_ref().is_some_and(|it| it == name);
        self.values.iter().find(option).map(|argument| &argument.value)
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

    /// The values without a name.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Expr> {
        let keys = self.values.iter().filter(|argument| argument.name.is_none());
        keys.map(|argument| &argument.value)
    }
}

/// Whether an argument can stand after those before it.
fn argument_of(form: &'static Form, argument: &Argument, before: &[Argument]) -> Result<()> {
    let may_be_key = form.takes_keys && before.iter().all(|other| other.name.is_none());
    match (&argument.name, bare_word(&argument.value)) {
        (Some(name), _) => {
            both(known(form, name).and_then(|it| valued(it, name)), once(name, before)).map(|_| ())
        }
        (None, Some(word)) if is_flag(form, argument) => once(word, before),
        (None, _) if may_be_key && (before.is_empty() || is_text(&argument.value)) => Ok(()),
        (None, Some(word)) => known(form, word).and_then(|option| Err(no_value(option, word))),
        (None, None) => Err(no_name(form, &argument.value)),
    }
}

/// Whether this is a word of the form's that stands alone.
fn is_flag(form: &Form, argument: &Argument) -> bool {
    let mut flags = form.options.iter().filter(|option| option.is_flag());
    let word = bare_word(&argument.value).filter(|_| argument.name.is_none());
    word.is_some_and(|word| flags.any(|flag| word == flag.name))
}

/// What names an argument: its name, or the word that it is.
fn word(argument: &Argument) -> Option<&Ident> {
    argument.name.as_ref().or_else(|| bare_word(&argument.value))
}

fn is_text(value: &Expr) -> bool {
    matches!(syntax::expr(value), Expr::Lit(ExprLit { lit: Lit::Str(_), .. }))
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
    let close = form.options.iter().find(|option| is_close(option.name, &word));
    let home = FORMS.iter().find(|form| form.options.iter().any(|option| option.name == word));
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

fn valued(option: &Opt, name: &Ident) -> Result<()> {
    if !option.is_flag() {
        return Ok(());
    }
    Err(Error::new_spanned(name, format!("`{name}` has no value: write the word alone")))
}

fn once(name: &Ident, before: &[Argument]) -> Result<()> {
    if before.iter().filter_map(word).any(|other| other == name) {
        return Err(Error::new_spanned(name, format!("`{name}` is given twice: remove one")));
    }
    Ok(())
}

fn no_value(option: &Opt, word: &Ident) -> Error {
    Error::new_spanned(word, format!("`{word}` needs a value: `{}`", option.example))
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
