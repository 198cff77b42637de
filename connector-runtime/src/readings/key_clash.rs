//! Detection of fields with the same key, as far as keys are known at compile time.

use crate::readings::flat::SEPARATOR;

/// The keys of a type: those of its fields, but not those within them, because types may contain each
/// other.
pub type Keys = &'static [Key];

/// One or several keys of a type.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    /// The key of a field, and whether the field is one value.
    Field(&'static str, bool),
    /// The keys of another type that a flattened field adds.
    Among(Keys),
}

/// A field: its name, its key (empty for a flattened field), whether its type is one value, and the keys
/// of its type.
#[derive(Debug, Clone, Copy)]
pub struct Held(pub &'static str, pub &'static str, pub bool, pub Keys);

/// Checks that a field has no key in common with the other fields.
///
/// # Panics
///
/// Panics at compile time if there is a common key.
#[track_caller]
pub const fn apart(mut others: &[Held], field: Held) {
    while let [other, rest @ ..] = others {
        if let Some(path) = shared(*other, other.3, field) {
            let message = Text::EMPTY.add("`").add(other.0).add("` and `").add(field.0);
            let message = message.add("` have the same key \"").add(path.outer);
            let message = message.add(path.separator()).add(path.inner);
            let message = message.add("\": choose another key for one of them");
            panic!("{}", message.as_str());
        }
        others = rest;
    }
}

/// Returns a key that both fields have.
const fn shared(first: Held, mut keys: Keys, second: Held) -> Option<Path> {
    if first.2 {
        return Path::of(first, "").found(second, second.3);
    }
    while let [next, rest @ ..] = keys {
        let found = match *next {
            Key::Field(key, true) => Path::of(first, key).found(second, second.3),
            Key::Field(_, false) => None,
            Key::Among(keys) => shared(first, keys, second),
        };
        if found.is_some() {
            return found;
        }
        keys = rest;
    }
    None
}

/// A key, and the key within it, which may be empty.
#[derive(Clone, Copy)]
struct Path {
    outer: &'static str,
    inner: &'static str,
}

impl Path {
    const fn of(held: Held, inner: &'static str) -> Self {
        Self { outer: held.1, inner }
    }

    /// Returns itself if the field has this key.
    const fn found(self, held: Held, mut keys: Keys) -> Option<Self> {
        if held.2 {
            return if self.is(Self::of(held, "")) { Some(self) } else { None };
        }
        while let [next, rest @ ..] = keys {
            let is_found = match *next {
                Key::Field(key, is_value) => is_value && self.is(Self::of(held, key)),
                Key::Among(keys) => self.found(held, keys).is_some(),
            };
            if is_found {
                return Some(self);
            }
            keys = rest;
        }
        None
    }

    const fn separator(self) -> &'static str {
        if self.outer.is_empty() || self.inner.is_empty() { "" } else { SEPARATOR }
    }

    const fn len(self) -> usize {
        self.outer.len() + self.separator().len() + self.inner.len()
    }

    const fn byte(self, index: usize) -> u8 {
        let (outer, separator) = (self.outer.len(), self.separator().len());
        if index < outer {
            self.outer.as_bytes()[index]
        } else if index < outer + separator {
            self.separator().as_bytes()[index - outer]
        } else {
            self.inner.as_bytes()[index - outer - separator]
        }
    }

    const fn is(self, other: Self) -> bool {
        let mut length = self.len();
        if length != other.len() {
            return false;
        }
        // Keys usually differ at the end.
        while length > 0 {
            length -= 1;
            if self.byte(length) != other.byte(length) {
                return false;
            }
        }
        true
    }
}

/// An error message. Parts that do not fit are omitted.
struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl Text {
    const EMPTY: Self = Self { bytes: [0; 512], length: 0 };

    const fn add(mut self, part: &str) -> Self {
        let part = part.as_bytes();
        if part.len() > self.bytes.len() - self.length {
            return self;
        }
        let (_, free) = self.bytes.split_at_mut(self.length);
        let (place, _) = free.split_at_mut(part.len());
        place.copy_from_slice(part);
        self.length += part.len();
        self
    }

    const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.length);
        match str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "two fields have the same key",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    const fn value(key: &'static str) -> Held {
        Held("value", key, true, &[])
    }

    const fn object(key: &'static str, keys: Keys) -> Held {
        Held("object", key, false, keys)
    }

    fn clash(first: Held, second: Held) -> bool {
        let outcome = [(first, second), (second, first)]
            .map(|(first, second)| catch_unwind(|| apart(&[first], second)).is_err());
        assert_eq!(outcome[0], outcome[1]);
        outcome[0]
    }

    #[test]
    fn a_common_key_is_found_at_any_level() {
        let keys: Keys = &[Key::Field("b", true), Key::Among(&[Key::Field("c", true)])];
        assert!(clash(value("a__b"), object("a", keys)));
        assert!(clash(value("a__c"), object("a", keys)));
        assert!(clash(value("c"), object("", keys)));
        assert!(clash(object("", keys), object("", &[Key::Field("b", true)])));
        assert!(clash(object("a", keys), object("", &[Key::Field("a__b", true)])));
        assert!(clash(object("a_", keys), object("a", &[Key::Field("_b", true)])));
    }

    #[test]
    fn different_keys_are_accepted() {
        let keys: Keys = &[Key::Field("b", true), Key::Field("object", false)];
        for other in ["a", "a__", "a_b", "b", "a__object", "a__b__c", "ab"] {
            assert!(!clash(value(other), object("a", keys)), "{other}");
        }
        assert!(!clash(object("", keys), object("", &[Key::Field("object", true)])));
        assert!(!clash(object("", &[]), object("", &[])));
    }

    #[test]
    fn a_part_that_does_not_fit_is_omitted() {
        assert_eq!(Text::EMPTY.add("a").add(&"b".repeat(512)).add("c").as_str(), "ac");
    }
}
