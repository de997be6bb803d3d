//! Search in titles: literal, in any case, whatever the characters.

use serde_json::Value;
use tests::User;

fn titles(page: &Value) -> Vec<&str> {
    page["todos"].as_array().unwrap().iter().map(|todo| todo["title"].as_str().unwrap()).collect()
}

#[test]
fn search_is_a_literal_keyword_in_any_case() {
    let user = User::new("search");
    for title in ["Call (Grandma)", "STRASSE fegen", "Straße kehren", "100% sure", "a.*b"] {
        let _ = user.add_titled(title);
    }
    let found = |word: &str| {
        let mut titles: Vec<String> =
            titles(&user.list(&format!("?search={word}"))).into_iter().map(str::to_owned).collect();
        titles.sort();
        titles
    };
    assert_eq!(found("%28"), ["Call (Grandma)"]);
    assert_eq!(found("grandma"), ["Call (Grandma)"]);
    assert_eq!(found(".*"), ["a.*b"]);
    assert_eq!(found("%25"), ["100% sure"]);
    assert_eq!(found("stra%C3%9Fe"), ["STRASSE fegen", "Straße kehren"]);
    assert_eq!(found("nothing"), [""; 0]);
}

#[test]
fn search_takes_every_character_as_it_is() {
    let user = User::new("edges");
    let longest = "é".repeat(200);
    let titles_there =
        ["İstanbul", "istanbul", "STRASSE", "cafe\u{301}", "café", "a.*b", "(x", "100%", "1+1", "one two", &longest];
    for title in titles_there {
        let _ = user.add_titled(title);
    }
    let cases: [(&str, &[&str]); 16] = [
        ("%C4%B0", &["İstanbul"]),
        ("ISTANBUL", &["istanbul"]),
        ("%C3%9F", &["STRASSE"]),
        ("e%CC%81", &["cafe\u{301}"]),
        ("CAF%C3%89", &["café"]),
        ("%CC%81", &["cafe\u{301}"]),
        (".*", &["a.*b"]),
        (".", &["a.*b"]),
        ("(", &["(x"]),
        ("%28X", &["(x"]),
        ("%25", &["100%"]),
        ("%2B", &["1+1"]),
        ("+", &["one two"]),
        ("%20", &["one two"]),
        ("%5B", &[]),
        ("%00", &[]),
    ];
    for (keyword, expected) in cases {
        let page = user.list(&format!("?search={keyword}"));
        let mut found = titles(&page);
        found.sort_unstable();
        assert_eq!(found, expected, "{keyword}");
    }
    assert_eq!(titles(&user.list(&format!("?search={}", "%C3%89".repeat(200)))), [longest.as_str()]);
    let longer = user.todos("GET", &format!("?search={}", "x".repeat(201))).send().expect(422);
    assert!(longer["error"]["fields"]["search"].is_string(), "{longer}");
}
