//! Numbers with a noun, for log messages.

/// Writes a number with its noun, which gets an `s` unless the number is 1.
pub(crate) fn counted<N: Copy + std::fmt::Display + From<u8> + PartialEq>(
    number: N,
    noun: &str,
) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        let texts = [0_u32, 1, 2].map(|number| counted(number, "message"));
        assert_eq!(texts, ["0 messages", "1 message", "2 messages"]);
        assert_eq!(counted(1_usize, "failure"), "1 failure");
    }
}
