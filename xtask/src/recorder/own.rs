//! How much of a deploy is the deployer's own: neither a compiler's nor CloudFormation's. Pure.

use super::run::{Kind, Run};

/// Milliseconds of a run in which no compiler and no stack was at work.
#[must_use]
pub fn own(run: &Run) -> u64 {
    let theirs = |kind: Kind| matches!(kind, Kind::Build | Kind::SiteBuild | Kind::Stack);
    let mut busy: Vec<(u64, u64)> =
        run.spans.iter().filter(|span| theirs(span.kind)).map(|span| (span.start, span.end)).collect();
    busy.sort_unstable();
    let (mut covered, mut until) = (0, 0);
    for (start, end) in busy {
        // Spans overlap: stacks are deployed side by side.
        covered += end.saturating_sub(start.max(until));
        until = until.max(end);
    }
    run.millis.saturating_sub(covered)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::recorder::Span;

    fn run(spans: &[(Kind, u64, u64)]) -> Run {
        let span = |&(kind, start, end): &(Kind, u64, u64)| Span { kind, start, end, ..Span::default() };
        Run {
            version: 1,
            id: String::new(),
            environment: "dev".into(),
            started: Timestamp::UNIX_EPOCH,
            millis: 100,
            ok: true,
            spans: spans.iter().map(span).collect(),
        }
    }

    #[test]
    fn what_compilers_and_stacks_take_counts_once_however_many_are_at_work() {
        assert_eq!(own(&run(&[])), 100);
        assert_eq!(own(&run(&[(Kind::Build, 10, 40), (Kind::Package, 40, 50), (Kind::Upload, 50, 60)])), 70);
        let stacks = [(Kind::Stack, 50, 90), (Kind::Stack, 40, 60), (Kind::Stack, 55, 58), (Kind::Resource, 0, 100)];
        assert_eq!(own(&run(&stacks)), 50);
        assert_eq!(own(&run(&[(Kind::SiteBuild, 0, 100), (Kind::Stack, 90, 100)])), 0);
    }
}
