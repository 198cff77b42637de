//! What serde's own attributes make of keys: `Serialize` writes them, we only tell them.

mod case;

use syn::{
    Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, MetaList, MetaNameValue, Path,
    Result, Token, ext::IdentExt, punctuated::Punctuated,
};

use self::case::Case;
use crate::errors::all;

/// What says nothing about the keys that are written.
const HARMLESS: [&str; 15] = [
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
    "skip_serializing_if",
    "try_from",
];

/// Those options of serde that decide what is written for a type, a field, or a variant.
#[derive(Default)]
pub(super) struct Serde {
    pub(super) rename: Option<LitStr>,
    rename_all: Option<Case>,
    pub(super) skip: bool,
    pub(super) flatten: bool,
    pub(super) transparent: bool,
    /// A function writes the value, so that the type says nothing about it.
    pub(super) with: Option<Path>,
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
            "with" | "serialize_with" => self.with = Some(option.path().clone()),
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

    /// The key of a field, as `container` and the field's own attributes say.
    pub(super) fn key(&self, container: &Self, ident: &Ident) -> String {
        let key = ident.unraw().to_string();
        self.renamed().unwrap_or_else(|| match container.rename_all {
            Some(case) => case.of_field(&key),
            None => key,
        })
    }

    /// The word for a variant.
    pub(super) fn word(&self, container: &Self, ident: &Ident) -> String {
        let word = ident.unraw().to_string();
        self.renamed().unwrap_or_else(|| match container.rename_all {
            Some(case) => case.of_variant(&word),
            None => word,
        })
    }

    fn renamed(&self) -> Option<String> {
        self.rename.as_ref().map(LitStr::value)
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

fn both_ways(list: &MetaList) -> Option<Punctuated<Meta, Token![,]>> {
    list.parse_args_with(Punctuated::parse_terminated).ok()
}
