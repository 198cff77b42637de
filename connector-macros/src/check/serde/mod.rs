//! serde's own attributes, as far as they change keys and values.

mod case;

use syn::{
    Attribute, Error, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, MetaList, MetaNameValue, Path,
    Result, Token, parse_quote, punctuated::Punctuated,
};

pub(crate) use self::case::Case;
use crate::error_collector::all;

/// Options that do not change what is serialized.
const IRRELEVANT: [&str; 14] = [
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

/// The options of serde that change what a type, a field or a variant serializes to.
#[derive(Default)]
pub(crate) struct Serde {
    pub(crate) rename: Option<LitStr>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) skip: bool,
    /// The function that decides if a value is left out.
    pub(crate) skip_if: Option<ExprPath>,
    pub(crate) flatten: bool,
    pub(crate) transparent: bool,
    /// The option that names a function which serializes the value, whatever its type.
    pub(crate) with: Option<Path>,
    pub(crate) writer: Option<ExprPath>,
}

impl Serde {
    /// The options that could be read, and the errors of the others.
    pub(crate) fn read(attrs: &[Attribute]) -> (Self, Result<()>) {
        let mut serde = Self::default();
        let attrs = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
        // serde itself reports what it cannot read.
        let options = attrs.filter_map(|attr| {
            attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
        });
        let outcome = all(options.flatten().map(|option| serde.take(&option)));
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
            known if IRRELEVANT.contains(&known) => {}
            other => {
                let message = format!(
                    "`{other}` changes what serde writes in a way that this derive does not \
                     support: remove it, or implement `Datapoints` by hand"
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
