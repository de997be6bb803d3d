//! From names of files to keys: verbatim, or an error that says why not. Pure.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::problem::Problem;

/// The longest key in bytes of UTF-8 (S3 User Guide, "Naming Amazon S3 objects").
const LONGEST: usize = 1024;

/// The key of a file below the folder, `/` between its parts.
pub(crate) fn key(relative: &Path) -> Result<String, Problem> {
    let mut key = String::new();
    for part in relative {
        let part = part.to_str().ok_or_else(|| {
            Problem::refused(format!("`{}` is no UTF-8 name, and keys are UTF-8", relative.display()))
                .hint("rename it, or leave it out by a rule with `skip: true`")
        })?;
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(part);
    }
    if let Some(character) = key.chars().find(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        let message =
            format!("`{}` has the character {character:?}, which no URL and no listing carries", key.escape_debug());
        return Err(Problem::refused(message).hint("rename it"));
    }
    Ok(key)
}

/// Whether S3 takes a key of this length, its prefix included.
pub(crate) fn check_length(key: &str) -> Result<(), Problem> {
    if key.len() <= LONGEST {
        return Ok(());
    }
    let start: String = key.chars().take(40).collect();
    let message = format!("the key `{start}…` has {} bytes, and S3 takes {LONGEST}", key.len());
    Err(Problem::refused(message).hint("shorten the folders above it"))
}

/// Names that people and some file systems take for one another: they differ by case or by Unicode form alone. The number of
/// the first of its kind, and that of each later one.
pub(crate) fn alike<'a>(count: u32, name: impl Fn(u32) -> &'a str) -> Vec<(u32, u32)> {
    let hash = |number| {
        let mut hasher = DefaultHasher::new();
        fold(name(number)).hash(&mut hasher);
        // A half is enough: names are compared before anything is said of them.
        ((hasher.finish() >> 32) as u32, number)
    };
    let mut hashes: Vec<(u32, u32)> = (0..count).map(hash).collect();
    hashes.sort_unstable();
    let groups = hashes.chunk_by(|one, other| one.0 == other.0).filter(|group| group.len() > 1);
    let mut pairs = Vec::new();
    for group in groups {
        let mut firsts: Vec<(Cow<'_, str>, u32)> = Vec::new();
        for (_, number) in group {
            let folded = fold(name(*number));
            match firsts.iter().find(|(first, _)| *first == folded) {
                Some((_, first)) => pairs.push((*first, *number)),
                None => firsts.push((folded, *number)),
            }
        }
    }
    pairs.sort_unstable_by_key(|(_, later)| *later);
    pairs
}

/// What is the same for names that look alike.
fn fold(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() {
        return ComposingNormalizerBorrowed::new_nfc().normalize(name).to_lowercase().into();
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_key_whatever_is_special_in_urls() {
        for name in ["a+b.txt", "100%.txt", "a b/c d.txt", "%20.txt", "é.txt", "e\u{301}.txt", "a\\b", "?#&='\"<>"] {
            assert_eq!(key(Path::new(name)).unwrap(), name);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_utf_8_and_what_no_listing_carries_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let broken = std::ffi::OsStr::from_bytes(b"a\xff.txt");
        assert!(key(Path::new(broken)).unwrap_err().to_string().contains("no UTF-8 name"));
        assert!(key(Path::new("a\nb")).unwrap_err().to_string().contains("`a\\nb` has the character '\\n'"));
    }

    #[test]
    fn a_key_has_at_most_1024_bytes() {
        check_length(&"x".repeat(1024)).unwrap();
        let error = check_length(&"é".repeat(513)).unwrap_err().to_string();
        assert!(error.contains("1026 bytes"), "{error}");
    }

    #[test]
    fn names_that_differ_by_case_or_unicode_form_alone_are_alike() {
        let names = ["A.js", "b.js", "a.js", "é.txt", "e\u{301}.txt", "É.txt", "f.txt"];
        assert_eq!(alike(7, |number| names[number as usize]), [(0, 2), (3, 4), (3, 5)]);
    }
}
