//! Names of the standard library, for something else.

macro_rules! take {
    ($($name:ident)*) => {$(
        pub(crate) struct $name(pub(crate) usize);
    )*};
}

take! { Ok Err Some None Option Result String Vec Box Send Sync Iterator Into From Default Future }
