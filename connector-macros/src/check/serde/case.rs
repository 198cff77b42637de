//! The cases in which serde spells the names of fields and variants: `rename_all`.

/// A value of `rename_all`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    pub(crate) const NAMES: [&str; 8] = [
        "lowercase",
        "UPPERCASE",
        "PascalCase",
        "camelCase",
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "kebab-case",
        "SCREAMING-KEBAB-CASE",
    ];

    pub(crate) fn of(name: &str) -> Option<Self> {
        let cases = [
            Self::Lower,
            Self::Upper,
            Self::Pascal,
            Self::Camel,
            Self::Snake,
            Self::ScreamingSnake,
            Self::Kebab,
            Self::ScreamingKebab,
        ];
        Self::NAMES.into_iter().zip(cases).find(|(it, _)| *it == name).map(|(_, case)| case)
    }

    /// From `snake_case`.
    pub(crate) fn of_field(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => {
                name.split('_').map(|part| first(part, char::to_ascii_uppercase)).collect()
            }
            Self::Camel => first(&Self::Pascal.of_field(name), char::to_ascii_lowercase),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// From `PascalCase`.
    pub(crate) fn of_variant(self, name: &str) -> String {
        match self {
            Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => first(name, char::to_ascii_lowercase),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// A word whose first letter is changed.
fn first(word: &str, change: fn(&char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().iter().map(change).chain(letters).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table is that of serde's own tests.
    #[test]
    fn cases_are_those_of_serde() {
        let cases = [
            ("lowercase", "outcome_two", "verytasty"),
            ("UPPERCASE", "OUTCOME_TWO", "VERYTASTY"),
            ("PascalCase", "OutcomeTwo", "VeryTasty"),
            ("camelCase", "outcomeTwo", "veryTasty"),
            ("snake_case", "outcome_two", "very_tasty"),
            ("SCREAMING_SNAKE_CASE", "OUTCOME_TWO", "VERY_TASTY"),
            ("kebab-case", "outcome-two", "very-tasty"),
            ("SCREAMING-KEBAB-CASE", "OUTCOME-TWO", "VERY-TASTY"),
        ];
        for (name, field, variant) in cases {
            let case = Case::of(name).unwrap();
            assert_eq!(case.of_field("outcome_two"), field);
            assert_eq!(case.of_variant("VeryTasty"), variant);
        }
    }
}
