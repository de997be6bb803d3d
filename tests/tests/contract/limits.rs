//! JSON objects whose fields are at their limits, or just beside them.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Every character that Unicode calls white space, and then some that only look like it.
const BLANKS: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\
    \u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{180e}\u{200b}\u{2060}\u{feff}\u{1c}\u{1f}\0";
/// One to four bytes each, a combining mark, and what patterns and headers may trip over.
pub(crate) const LETTERS: &str = "aZ0~ßé東𝄞\u{301}\u{10ffff}\u{7f}\u{9f}/\\.$'\"%";
pub(crate) fn repeated(alphabet: &'static str, lengths: &[usize]) -> impl Strategy<Value = String> + use<> {
    let letters: Vec<char> = alphabet.chars().collect();
    (select(letters), select(lengths.to_vec())).prop_map(|(letter, length)| letter.to_string().repeat(length))
}

/// Texts whose length is at the limit or one beside it, between white space that may count or not.
pub(crate) fn text(limit: usize) -> impl Strategy<Value = String> {
    let middle = prop_oneof![repeated(LETTERS, &[0, 1, limit - 1, limit, limit + 1]), repeated(BLANKS, &[0, 1, limit])];
    (repeated(BLANKS, &[0, 0, 1, 2]), middle, repeated(LETTERS, &[0, 0, 1]), repeated(BLANKS, &[0, 0, 1, 2]))
        .prop_map(|(before, middle, last, after)| [before, middle, last, after].concat())
}

/// A field: its name, a value that is surely good, and values at its limits.
pub(crate) type Field = (&'static str, Value, BoxedStrategy<Value>);

pub(crate) fn field<T: Into<Value> + std::fmt::Debug + 'static>(
    name: &'static str,
    good: impl Into<Value>,
    values: impl Strategy<Value = T> + 'static,
) -> Field {
    (name, good.into(), values.prop_map(Into::into).boxed())
}

/// Objects with these fields: most of them good, some at their limits, of another type or absent, and now and then one more.
pub(crate) fn object(fields: Vec<Field>) -> impl Strategy<Value = Value> {
    let strange = vec![json!(null), json!(true), json!(0), json!(-1.5), json!([]), json!({}), json!("x")];
    let known = fields.into_iter().fold(Just(Map::new()).boxed(), |object, (name, good, limits)| {
        let limits = limits.prop_map(Some);
        let strange = select(strange.clone()).prop_map(Some);
        let values = prop_oneof![12 => Just(Some(good)), 6 => limits, 1 => strange, 1 => Just(None)];
        let joined = (object, values).prop_map(move |(mut object, value)| {
            object.extend(value.map(|value| (name.to_owned(), value)));
            object
        });
        joined.boxed()
    });
    let more = proptest::option::weighted(0.1, select(vec!["", "todoID", "Title", "__proto__"]));
    let object = (known, more).prop_map(|(mut object, name)| {
        object.extend(name.map(|name| (name.to_owned(), json!("x"))));
        Value::Object(object)
    });
    prop_oneof![20 => object, 1 => select(vec![json!([]), json!(null), json!("{}"), json!(7)])]
}
