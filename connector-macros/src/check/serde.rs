//! What serde's own attributes make of keys and values.

pub(super) mod case;

use syn::{
    Attribute, Error, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, MetaList, MetaNameValue, Path,
    Result, Token, parse_quote, punctuated::Punctuated,
};

use self::case::Case;
use crate::errors::all;

/// What says nothing about the keys that are written.
const HARMLESS: [&str; 14] = [
    "alias",
    "borrow",
    "bound",
    "crate",
    "default",
    "deny_unknown_fields",
    "deserialize_with",
    "expecting",
    "from",
    "getter",
    "other",
    "rename_all_fields",
    "skip_deserializing",
    "try_from",
];

/// Those options of serde that decide what is written for a type, a field, or a variant.
#[derive(Default)]
pub(super) struct Serde {
    pub(super) rename: Option<LitStr>,
    pub(super) rename_all: Option<Case>,
    pub(super) skip: bool,
    /// A function that says whether to leave a value out.
    pub(super) skip_if: Option<ExprPath>,
    pub(super) flatten: bool,
    pub(super) transparent: bool,
    /// The option by which a function writes the value, so that the type says nothing about it.
    pub(super) with: Option<Path>,
    pub(super) writer: Option<ExprPath>,
}

impl Serde {
    /// What could be read, and whether that is all.
    pub(super) fn read(attrs: &[Attribute]) -> (Self, Result<()>) {
        let mut serde = Self::default();
        let attrs = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
        // What serde cannot read it reports itself.
        let options = attrs.filter_map(|attr| {
            attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
        });
        let outcome = all(options.flatten().map(|option| serde.take(&option))).map(|_| ());
        (serde, outcome)
    }

    fn take(&mut self, option: &Meta) -> Result<()> {
        match name(option.path()).as_str() {
            "rename" => self.rename = written(option),
            "rename_all" => {
                self.rename_all = written(option).and_then(|text| Case::of(&text.value()));
            }
            "skip" | "skip_serializing" => self.skip = true,
            "flatten" => self.flatten = true,
            "transparent" => self.transparent = true,
            "skip_serializing_if" => self.skip_if = function(option),
            "serialize_with" => self.written_by(option, function(option)),
            "with" => {
                let function = function(option).map(|module| parse_quote!(#module::serialize));
                self.written_by(option, function);
            }
            known if HARMLESS.contains(&known) => {}
            other => {
                let message = format!(
                    "`{other}` changes what serde writes in a way that this derive does not \
                     follow: remove it, or implement `Datapoints` by hand"
                );
                return Err(Error::new_spanned(option.path(), message));
            }
        }
        Ok(())
    }

    fn written_by(&mut self, option: &Meta, function: Option<ExprPath>) {
        (self.with, self.writer) = (Some(option.path().clone()), function);
    }
}

fn name(path: &Path) -> String {
    path.get_ident().map(ToString::to_string).unwrap_or_default()
}

/// The text of `name = ".."`, or of `name(serialize = "..")`.
fn written(option: &Meta) -> Option<LitStr> {
    match option {
        Meta::NameValue(MetaNameValue {
            value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }),
            ..
        }) => Some(text.clone()),
        Meta::List(list) => both_ways(list)
            .into_iter()
            .flatten()
            .find(|option| option.path().is_ident("serialize"))
            .and_then(|option| written(&option)),
        _ => None,
    }
}

/// The path in `name = ".."`.
fn function(option: &Meta) -> Option<ExprPath> {
    written(option)?.parse().ok()
}

fn both_ways(list: &MetaList) -> Option<Punctuated<Meta, Token![,]>> {
    list.parse_args_with(Punctuated::parse_terminated).ok()
}
