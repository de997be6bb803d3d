//! The laws under bytes at random, under what is shaped like the real thing, and under the fuzz target's seeds.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::cursor;
use shared::fuzzing::{check_all, check_seeds};

use super::*;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A value of a field: right more often than not.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        3 => ".{0,12}",
        2 => "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        1 => Just(String::new()),
        1 => (0..4_100_usize).prop_map(|length| "\u{1f980}".repeat(length / 2)),
        1 => Just(ID.to_owned()),
    ];
    prop_oneof![
        8 => text.prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!([{}])),
    ]
}

/// Some of these fields.
fn fields(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let field = (prop::sample::select(names), value()).prop_map(|(name, value)| (name.to_owned(), value));
    prop::collection::vec(field, 0..names.len() * 2).prop_map(|fields| Value::from_iter(fields).to_string())
}

/// Characters whose case is a matter of more than one character, marks, and characters that patterns are made of.
const ODD: &str = "[aAiIkKsS\u{130}\u{131}\u{df}\u{1e9e}\u{17f}\u{212a}\u{3a3}\u{3c3}\u{3c2}\u{fb03}\u{301}\u{307}(.*%\\[\\\\^$]{0,6}";

fn day() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        Just("~".to_owned()),
        "[0-9]{8}[Tt ][0-9]|[0-9]{4}-W[0-9]{2}-[0-9]|[+-]0[0-9]{8}",
        Just(String::new()),
        "[0-9+-]{0,10}"
    ]
}

proptest! {
    #[test]
    fn every_law_holds_for_any_bytes(data: Vec<u8>) {
        check_all(&LAWS, &data);
    }

    #[test]
    fn every_law_holds_for_any_text(text in "(?s).{0,40}") {
        check_all(&LAWS, text.as_bytes());
    }

    #[test]
    fn bodies_hold(body in fields(&["title", "description", "dateDue", "notes", "completed"])) {
        item::body(body.as_bytes());
        item::edit(body.as_bytes());
    }

    #[test]
    fn drafts_hold(title in "\\PC{1,210}", day in day()) {
        item::body(json!({"title": title, "dateDue": day}).to_string().as_bytes());
    }

    #[test]
    fn edits_hold(field in prop::sample::select(&["title", "notes", "completed", "dateDue"][..]), value in value()) {
        item::edit(json!({field: value}).to_string().as_bytes());
    }

    #[test]
    fn items_hold(title in value(), due in value(), completed in value(), id in "[0-9a-f]{32}") {
        let item = json!({"userID": "u", "todoID": id, "title": title, "dateDue": due, "completed": completed, "dateCreated": "c"});
        item::item(item.to_string().as_bytes());
    }

    #[test]
    fn keywords_hold(keyword in ODD, title in ODD) {
        text::keyword(format!("{keyword}\n{title}").as_bytes());
    }

    #[test]
    fn due_dates_hold(one in day(), other in day()) {
        text::due_date(format!("{one}\n{other}").as_bytes());
    }

    #[test]
    fn places_and_cursors_hold(kind in "[01]#|[0-2]", day in day(), id in "[0-9a-f]{32}|[0-9A-F+]{31,33}", more in "(&(completed|limit|search)=[a-z0-9%+]{0,4}){0,3}") {
        let place = format!("{kind}{day}#{id}");
        text::place(place.as_bytes());
        text::listing(format!("cursor={}{more}", cursor::encode(&place)).as_bytes());
    }

    #[test]
    fn listings_hold(search in ".{0,8}", completed in "true|false|x", limit in "-?[0-9]{0,3}") {
        text::listing(format!("search={search}&completed={completed}&limit={limit}").as_bytes());
    }

    #[test]
    fn calls_hold(id in prop_oneof![Just(ID.to_owned()), ".{0,4}"], query in "(limit|search|cursor|completed)?=?.{0,3}", key in prop_oneof![Just(ID.to_owned()), ".{0,4}"], body in fields(&["title", "notes", "completed"])) {
        route::request([id, query, key, body].join("\n").as_bytes());
    }
}

#[test]
fn every_law_holds_for_its_seeds() {
    check_seeds(&LAWS, "todos");
}
