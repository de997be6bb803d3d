//! Cuts what one query examined into a page and says where the next one starts.

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, at most as many as were asked for.
    pub items: Vec<T>,
    /// The position after which the next page starts; none at the end of the list.
    pub next: Option<String>,
}

/// Takes the first `limit` items that `keep` accepts. If one more follows, the page ends at the last one taken; else
/// it ends where the query did (`examined_to`), which is the end of the list where the query says nothing.
pub fn cut<T>(
    examined: Vec<T>,
    limit: usize,
    examined_to: Option<String>,
    keep: impl Fn(&T) -> bool,
    position: impl Fn(&T) -> String,
) -> Page<T> {
    let mut kept = examined.into_iter().filter(keep);
    let items: Vec<T> = kept.by_ref().take(limit).collect();
    let next = match (kept.next(), items.last()) {
        (Some(_), Some(last)) => Some(position(last)),
        _ => examined_to,
    };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(examined: &[u32], limit: usize, examined_to: Option<&str>) -> Page<u32> {
        cut(examined.to_vec(), limit, examined_to.map(str::to_owned), |n| n % 2 == 0, ToString::to_string)
    }

    #[test]
    fn a_full_page_with_more_to_come_ends_at_its_last_item() {
        assert_eq!(page(&[1, 2, 3, 4, 6], 2, Some("6")), Page { items: vec![2, 4], next: Some("4".into()) });
    }

    #[test]
    fn a_page_that_took_everything_ends_where_the_query_did() {
        assert_eq!(page(&[2, 4, 5], 2, Some("5")), Page { items: vec![2, 4], next: Some("5".into()) });
        assert_eq!(page(&[2, 4], 2, None), Page { items: vec![2, 4], next: None });
    }

    #[test]
    fn a_page_may_be_empty_and_have_a_next_one() {
        assert_eq!(page(&[1, 3], 2, Some("3")), Page { items: vec![], next: Some("3".into()) });
    }

    proptest! {
        #[test]
        fn pages_put_together_are_the_list(all in prop::collection::btree_set(0u32..500, 0..200), limit in 1usize..8, window in 1usize..20) {
            let all: Vec<u32> = all.into_iter().collect();
            let mut seen = Vec::new();
            let mut after: Option<u32> = None;
            loop {
                let rest: Vec<u32> = all.iter().copied().filter(|n| after.is_none_or(|a| *n > a)).collect();
                let examined: Vec<u32> = rest.iter().copied().take(window).collect();
                let to = if rest.len() > window { examined.last().map(ToString::to_string) } else { None };
                let page = page(&examined, limit, to.as_deref());
                prop_assert!(page.items.len() <= limit);
                seen.extend(page.items);
                match page.next {
                    Some(next) => after = next.parse().ok(),
                    None => break,
                }
            }
            let expected: Vec<u32> = all.into_iter().filter(|n| n % 2 == 0).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
