//! The range of a sensor or of an actuator.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Range;

/// The call that sets a range. It names the user's type, so that the compiler reports a range of
/// another type where the range is.
pub(super) fn range(range: &Range) -> TokenStream {
    match range {
        Range::Typed { ends, ty } => quote!(.range::<#ty>(#ends)),
        Range::Of { ends, ty } => {
            quote!(.range(::connector_runtime::__private::numbers::<#ty, _>(#ends)))
        }
    }
}
