//! The attributes of a type of readings, which hold for all of its members.

use syn::{Attribute, Error, Ident, Result, ext::IdentExt};

use super::options::options;
use crate::{
    attr::READINGS,
    check::{
        options::Options,
        serde::{Case, Serde},
    },
    error_collector::ErrorCollector,
};

/// The spelling of names, and whether the type is that of its field.
pub(super) struct Container {
    case: Option<Case>,
    pub(super) is_transparent: bool,
}

impl Container {
    /// The attributes that could be read, and the errors of the others.
    pub(super) fn read(attrs: &[Attribute]) -> (Self, Result<()>) {
        let (serde, outcome) = Serde::read(attrs);
        let mut errors = ErrorCollector::default();
        let case = errors.take(ours(attrs)).unwrap_or_default().or(serde.rename_all);
        errors.check(outcome);
        (Self { case, is_transparent: serde.transparent }, errors.finish())
    }

    /// A name in the case of this type.
    pub(super) fn spelled(&self, ident: &Ident, spell: fn(Case, &str) -> String) -> String {
        let name = ident.unraw().to_string();
        self.case.map_or_else(|| name.clone(), |case| spell(case, &name))
    }
}

fn ours(attrs: &[Attribute]) -> Result<Option<Case>> {
    let options = options(&READINGS, attrs)?;
    let mut errors = ErrorCollector::default();
    let case = errors.take(case(&options));
    errors.check(options.check_crate());
    errors.finish_with(|| case)
}

fn case(options: &Options) -> Result<Option<Case>> {
    let Some(name) = options.text("rename_all")? else { return Ok(None) };
    let unknown = || {
        let message = format!("unknown case: write one of \"{}\"", Case::NAMES.join("\", \""));
        Error::new_spanned(&name, message)
    };
    Case::of(&name.value()).map(Some).ok_or_else(unknown)
}
