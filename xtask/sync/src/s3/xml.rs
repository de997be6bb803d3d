//! What S3 answers in XML, read as far as it matters. Pure.

use anyhow::Context;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Key and `ETag`.
    pub(super) objects: Vec<(String, String)>,
    /// Where the next page starts.
    pub(super) next: Option<String>,
}

/// S3's refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
    /// Whose; in the answer to `DeleteObjects`.
    pub(super) key: String,
}

/// Calls `leaf` with the path of names and the text of each element.
fn walk(bytes: &[u8], mut leaf: impl FnMut(&[String], &str)) -> anyhow::Result<()> {
    let context = "S3's answer is no XML";
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).context(context)?);
    let (mut path, mut text) = (Vec::<String>::new(), String::new());
    loop {
        match reader.read_event().context(context)? {
            Event::Start(start) => {
                text.clear();
                path.push(start.local_name().as_ref().to_owned());
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().context(context)? {
                Some(character) => text.push(character),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference).context(context)?),
            },
            Event::End(_) => {
                leaf(&path, &text);
                text.clear();
                path.pop();
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The answer to `ListObjectsV2` with `encoding-type=url`.
pub(super) fn page(bytes: &[u8]) -> anyhow::Result<Page> {
    let mut page = Page::default();
    let (mut key, mut etag, mut truncated) = (String::new(), String::new(), false);
    walk(bytes, |path, text| match path {
        [_, one] if one == "IsTruncated" => truncated = text == "true",
        [_, one] if one == "NextContinuationToken" => page.next = Some(text.to_owned()),
        [_, one] if one == "Contents" => page.objects.push((std::mem::take(&mut key), std::mem::take(&mut etag))),
        [_, _, name] if name == "Key" => text.clone_into(&mut key),
        [_, _, name] if name == "ETag" => text.clone_into(&mut etag),
        _ => {}
    })?;
    for (key, _) in &mut page.objects {
        // A space comes as `+`, which itself comes as `%2B`.
        let spaced = key.replace('+', " ");
        *key = percent_encoding::percent_decode_str(&spaced).decode_utf8().context("a key is no UTF-8")?.into_owned();
    }
    page.next = page.next.filter(|_| truncated);
    Ok(page)
}

/// The text of an element below the root.
pub(super) fn text(bytes: &[u8], name: &str) -> anyhow::Result<Option<String>> {
    let mut found = None;
    walk(bytes, |path, text| {
        if path.len() == 2 && path[1] == name {
            found = Some(text.to_owned());
        }
    })?;
    Ok(found)
}

/// The `Error` elements of an answer, at the root or below it.
pub(super) fn refusals(bytes: &[u8]) -> anyhow::Result<Vec<Refusal>> {
    let mut found = Vec::new();
    let mut one = Refusal::default();
    walk(bytes, |path, text| match path.last().map(String::as_str) {
        Some("Code") => text.clone_into(&mut one.code),
        Some("Message") => text.clone_into(&mut one.message),
        Some("Key") => text.clone_into(&mut one.key),
        Some("Error") => found.push(std::mem::take(&mut one)),
        _ => {}
    })?;
    Ok(found)
}

/// A text as an element holds it.
pub(super) fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_keys_as_they_are_and_the_next_pages_start() {
        let xml = br#"<?xml version="1.0"?><ListBucketResult xmlns="x"><Name>b</Name><IsTruncated>true</IsTruncated>
            <Contents><Key>a%2Bb+c%25/%C3%A9</Key><ETag>&quot;1&quot;</ETag><Size>1</Size></Contents>
            <Contents><ETag>&#34;2&#34;</ETag><Key>d</Key><Owner><ID>x</ID></Owner></Contents>
            <NextContinuationToken>n&amp;1</NextContinuationToken></ListBucketResult>"#;
        let page = page(xml).unwrap();
        let expected = [("a+b c%/\u{e9}".to_owned(), "\"1\"".to_owned()), ("d".to_owned(), "\"2\"".to_owned())];
        assert_eq!(page.objects, expected);
        assert_eq!(page.next.as_deref(), Some("n&1"));
    }

    #[test]
    fn refusals_are_found_alone_and_among_what_went_well() {
        let alone = refusals(b"<Error><Code>SlowDown</Code><Message>less</Message></Error>").unwrap();
        assert_eq!((alone[0].code.as_str(), alone[0].message.as_str()), ("SlowDown", "less"));
        let keys = b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>";
        let keys = refusals(keys).unwrap();
        assert_eq!((keys.len(), keys[0].key.as_str(), keys[0].code.as_str()), (1, "b", "AccessDenied"));
    }

    #[test]
    fn what_is_no_xml_is_an_error_and_no_panic() {
        assert!(page(b"<a></b>").is_err());
        assert!(refusals(b"<a>&nope;</a>").is_err());
        assert_eq!(page(b"").unwrap(), Page::default());
    }
}
