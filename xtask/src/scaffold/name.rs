//! The name of a new service, and what is made of it. Pure.

use std::fmt;

use crate::error::Problem;
use crate::render::{BOOTSTRAP_ACCOUNT, BOOTSTRAP_CERTIFICATE, BOOTSTRAP_REGION};

/// Names that mean something else: to the outputs (`aws`), to `stacks/`, and to Rust, whose keywords and own crates no
/// package may be called (Rust Reference, "Keywords"; cargo refuses them too, but half-way).
const RESERVED: [&str; 63] = [
    "aws",
    BOOTSTRAP_ACCOUNT,
    BOOTSTRAP_CERTIFICATE,
    BOOTSTRAP_REGION,
    "bootstrap",
    "macros",
    "alloc",
    "core",
    "std",
    "test",
    "proc-macro",
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "crate",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "abstract",
    "become",
    "box",
    "do",
    "final",
    "gen",
    "macro",
    "override",
    "priv",
    "try",
    "typeof",
    "unsized",
    "virtual",
    "yield",
    "union",
];

/// A name of `a-z0-9-` that no other thing has, such as `order-lines`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceName(String);

impl ServiceName {
    /// Checks a name by itself.
    ///
    /// # Errors
    /// A wrong command line, with what a name may be.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        let wrong = |why: &str| {
            Problem::usage(format!("`{name}` cannot be a service's name: {why}"))
                .hint("a name such as `orders` or `order-lines`")
        };
        let words: Vec<&str> = name.split('-').collect();
        if name.len() < 2 || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(wrong("it has at least two characters and begins with a letter of `a-z`"));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if words.iter().any(|word| word.is_empty() || !word.chars().all(plain)) {
            return Err(wrong("it has letters and digits of `a-z0-9`, and single `-` between them"));
        }
        if RESERVED.contains(&name) {
            return Err(wrong("it is reserved"));
        }
        Ok(Self(name.to_owned()))
    }

    /// In one word, each part with a capital letter: `OrderLines`.
    #[must_use]
    pub fn pascal(&self) -> String {
        self.0.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    }

    /// The functions of the new service.
    #[must_use]
    pub fn functions(&self) -> [String; 2] {
        ["get", "add"].map(|verb| format!("{verb}{}", self.pascal()))
    }

    /// A template with the name in its places.
    pub(super) fn fill(&self, template: &str) -> String {
        let text = template.replace("__name__", &self.0).replace("__Name__", &self.pascal());
        text.replace("__lib__", &self.0.replace('-', "_"))
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of};

    #[test]
    fn a_name_is_of_letters_digits_and_single_dashes() {
        for good in ["orders", "order-lines", "v2", "a1-b2-c3"] {
            assert!(ServiceName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "Orders", "order_lines", "order--lines", "-a", "a-", "2nd", "ärger", "a b", "../x"] {
            let error = anyhow::Error::from(ServiceName::parse(bad).expect_err(bad));
            assert_eq!(exit_of(&error), Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn a_name_that_means_something_else_is_reserved() {
        for bad in ["aws", "bootstrap-account", "macros", "type", "core", "test"] {
            assert!(ServiceName::parse(bad).expect_err(bad).to_string().ends_with("reserved"), "{bad}");
        }
    }

    #[test]
    fn functions_are_named_after_the_service() {
        let name = ServiceName::parse("order-lines2").unwrap();
        assert_eq!(name.functions(), ["getOrderLines2", "addOrderLines2"]);
    }
}
