//! How far an operation is, from its events: resources done, resources at work. Pure.

use std::collections::BTreeMap;

use crate::aws::events::Event;

/// Counts the resources of one operation.
#[derive(Debug)]
pub(super) struct Tally {
    total: Option<usize>,
    /// The newest status of each resource, with the number of the event that brought it.
    latest: BTreeMap<String, (usize, String)>,
    events: usize,
}

impl Tally {
    pub(super) fn new(total: Option<usize>) -> Self {
        Self { total, latest: BTreeMap::new(), events: 0 }
    }

    /// Events must come oldest first.
    pub(super) fn count(&mut self, event: &Event) {
        self.events += 1;
        if !event.is_of_stack() {
            self.latest.insert(event.logical_id.clone(), (self.events, event.status.clone()));
        }
    }

    /// `12/34`, or `12` where nobody knows of how many; empty where nothing has happened yet.
    pub(super) fn counts(&self) -> String {
        let done = self.latest.values().filter(|(_, status)| status.ends_with("_COMPLETE")).count();
        match self.total {
            // A rollback touches what the change set did not name.
            Some(total) => format!("{done}/{}", total.max(done)),
            None if self.latest.is_empty() => String::new(),
            None => done.to_string(),
        }
    }

    /// Resources at work, the one that began last first.
    pub(super) fn current(&self) -> Vec<&str> {
        let mut at_work: Vec<(&usize, &str)> = self
            .latest
            .iter()
            .filter(|(_, (_, status))| status.ends_with("_IN_PROGRESS"))
            .map(|(name, (number, _))| (number, name.as_str()))
            .collect();
        at_work.sort_unstable_by(|one, other| other.cmp(one));
        at_work.into_iter().map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(total: Option<usize>, events: &[(&str, &str)]) -> Tally {
        let mut tally = Tally::new(total);
        for (name, status) in events {
            let kind = if *name == "stack" { "AWS::CloudFormation::Stack" } else { "AWS::X::Y" };
            tally.count(&Event {
                id: format!("{name}{status}"),
                token: "t".into(),
                logical_id: (*name).into(),
                kind: kind.into(),
                status: (*status).into(),
                reason: String::new(),
                ..Event::default()
            });
        }
        tally
    }

    #[test]
    fn resources_are_counted_once_each_and_the_stack_not_at_all() {
        let events = [
            ("stack", "CREATE_IN_PROGRESS"),
            ("Table", "CREATE_IN_PROGRESS"),
            ("Table", "CREATE_IN_PROGRESS"),
            ("Api", "CREATE_IN_PROGRESS"),
            ("Table", "CREATE_COMPLETE"),
            ("Role", "CREATE_IN_PROGRESS"),
        ];
        let found = tally(Some(7), &events);
        assert_eq!((found.counts(), found.current()), ("1/7".to_owned(), vec!["Role", "Api"]));
    }

    #[test]
    fn more_than_was_foreseen_is_the_new_total() {
        let events = [("A", "UPDATE_COMPLETE"), ("B", "DELETE_COMPLETE")];
        assert_eq!(tally(Some(1), &events).counts(), "2/2");
        assert_eq!(tally(None, &events).counts(), "2");
        assert_eq!(tally(None, &[]).counts(), "");
    }
}
