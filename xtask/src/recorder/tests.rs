//! The laws of the recorder, and what its charts look like.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::aws::events::Event;

fn span(kind: Kind, name: &str, outcome: &str, (start, end): (u64, u64), after: &[usize]) -> Span {
    Span { kind, name: name.into(), outcome: outcome.into(), parent: None, after: after.to_vec(), start, end }
}

fn run(day: i64, scale: u64) -> Run {
    let stack = |name: &str, outcome: &str, place, after: &[usize]| span(Kind::Stack, name, outcome, place, after);
    let part = |parent, one| Span { parent: Some(parent), ..one };
    let resource = |name: &str, place| span(Kind::Resource, name, "AWS::X::Y CREATE_COMPLETE", place, &[]);
    let spans = vec![
        span(Kind::Prepare, "demo-dev", "", (0, 400), &[]),
        stack("demo-dev-auth", "unchanged", (500, 600), &[]),
        stack("demo-dev-site", "unchanged", (500, 700), &[]),
        span(Kind::Build, "orders", "", (700, 700 + 9000 * scale), &[]),
        span(Kind::Upload, "orders", "", (700 + 9000 * scale, 1700 + 9000 * scale), &[]),
        stack("demo-dev-orders", "created", (1800 + 9000 * scale, 20_000 + 9000 * scale), &[1]),
        stack("demo-dev-other-with-a-long-name", "updated", (1800 + 9000 * scale, 5000 + 9000 * scale), &[1]),
        span(Kind::Sync, "site", "", (20_000 + 9000 * scale, 20_500 + 9000 * scale), &[]),
        part(7, span(Kind::Invalidation, "site", "", (20_300 + 9000 * scale, 20_400 + 9000 * scale), &[])),
        part(5, resource("Table", (1900 + 9000 * scale, 9000 + 9000 * scale))),
        part(5, resource("Function", (9000 + 9000 * scale, 19_000 + 9000 * scale))),
        part(5, resource("Role", (1900 + 9000 * scale, 4000 + 9000 * scale))),
    ];
    let started = Timestamp::from_second(1_795_000_000 + day * 86_400).unwrap();
    Run {
        version: 1,
        id: started.strftime("%Y%m%dT%H%M%S.%3fZ").to_string(),
        environment: "dev".into(),
        started,
        millis: 20_600 + 9000 * scale,
        ok: true,
        spans,
    }
}

fn chart(columns: usize, unicode: bool) -> String {
    let (new, earlier) = (run(9, 2), [run(3, 1), run(2, 1)]);
    let path = critical(&new.spans);
    gantt(Chart { columns, colour: false, unicode }, &new, &path, &compare(&new, &earlier))
}

#[test]
fn the_critical_path_goes_from_the_end_back_over_what_was_waited_for() {
    let run = run(0, 1);
    let path = critical(&run.spans);
    let names: Vec<&str> = path.steps.iter().map(|step| run.spans[step.span].name.as_str()).collect();
    assert_eq!(names, ["demo-dev", "demo-dev-site", "orders", "orders", "demo-dev-orders", "site"]);
    let parts: Vec<&str> = path.steps[4].parts.iter().map(|step| run.spans[step.span].name.as_str()).collect();
    assert_eq!(parts, ["Table", "Function"]);
    assert_eq!((path.millis, path.waits), (29_500, 200));
}

#[test]
fn a_stack_waits_for_its_producers_not_for_whoever_ended_just_before() {
    let stack = |name: &str, place, after: &[usize]| super::tests::span(Kind::Stack, name, "", place, after);
    let spans = [stack("a", (0, 50), &[]), stack("b", (0, 99), &[]), stack("c", (100, 200), &[0])];
    let steps: Vec<usize> = critical(&spans).steps.iter().map(|step| step.span).collect();
    assert_eq!(steps, [0, 2]);
}

#[test]
fn charts_fit_eighty_columns_with_and_without_unicode() {
    for unicode in [true, false] {
        for columns in [80, 60, 59, 40] {
            let text = chart(columns, unicode);
            assert!(text.lines().all(|line| line.chars().count() <= columns), "{text}");
            assert!(unicode || text.is_ascii(), "{text}");
        }
    }
    insta::assert_snapshot!(chart(80, true));
    insta::assert_snapshot!(chart(80, false));
}

#[test]
fn one_line_names_the_longest_parts_and_another_what_got_slower() {
    let (new, earlier) = (run(9, 2), [run(3, 1), run(2, 1)]);
    assert_eq!(
        longest(&new, &critical(&new.spans)),
        "demo-dev-orders 18.2 s, build orders 18.0 s, upload orders 1.0 s"
    );
    let comparison = compare(&new, &earlier);
    assert_eq!(slower(&new, &comparison).unwrap(), "build orders took 18.0 s, the median of 2 is 9.0 s");
    assert_eq!(slower(&new, &compare(&new, &[])), None);
}

#[test]
fn only_earlier_runs_that_succeeded_and_did_the_same_are_compared() {
    let (new, mut failed) = (run(9, 1), run(1, 5));
    failed.ok = false;
    assert_eq!(compare(&new, &[run(10, 3), failed]), Comparison::default());
    let mut other = run(1, 3);
    "updated".clone_into(&mut other.spans[5].outcome);
    assert_eq!(compare(&new, &[other]), Comparison::default(), "a created stack is no updated one");
    let median = |scales: &[u64]| {
        let earlier: Vec<Run> = scales.iter().map(|scale| run(1, *scale)).collect();
        compare(&new, &earlier).spans[&3].median
    };
    assert_eq!((median(&[1, 9, 2]), median(&[1, 2])), (18_000, 13_500));
}

#[test]
fn the_html_names_every_part_escapes_it_and_needs_nothing_else() {
    let mut new = run(9, 2);
    "a<b>&\"c".clone_into(&mut new.spans[3].name);
    let path = critical(&new.spans);
    let earlier = [run(3, 1)];
    let text = html(&new, &path, &compare(&new, &earlier), &earlier).unwrap();
    assert!(text.contains("a&lt;b&gt;&amp;&quot;c") && !text.contains("<b>"), "{text}");
    for span in new.spans.iter().filter(|span| span.kind != Kind::Build) {
        assert!(text.contains(&span.name), "{}", span.name);
    }
    for outside in ["http:", "https:", "src=", "<script", "<link", "url(", "@import"] {
        assert!(!text.contains(outside), "{outside}");
    }
    assert_eq!(text.matches("class=\"mark\"").count(), path.members().len());
    assert!(text.contains("prefers-color-scheme: dark"));
}

#[test]
fn resources_are_placed_within_their_stack_by_their_events() {
    let event = |id: &str, status: &str, at| Event {
        logical_id: id.into(),
        kind: if id == "stack" { "AWS::CloudFormation::Stack" } else { "AWS::X::Y" }.into(),
        status: status.into(),
        at,
        ..Event::default()
    };
    let events = [
        event("stack", "UPDATE_IN_PROGRESS", 5000),
        event("A", "UPDATE_IN_PROGRESS", 5100),
        event("B", "CREATE_IN_PROGRESS", 5150),
        event("A", "UPDATE_IN_PROGRESS", 5200),
        event("A", "UPDATE_COMPLETE", 5300),
        event("A", "DELETE_IN_PROGRESS", 5400),
        event("A", "DELETE_COMPLETE", 5500),
        event("stack", "UPDATE_COMPLETE", 5600),
    ];
    let found = |began, place| {
        let spans = resources::resources(&events, began, place);
        spans.into_iter().map(|span| (span.name, span.start, span.end)).collect::<Vec<_>>()
    };
    let named = |places: [(&str, u64, u64); 3]| places.map(|(name, start, end)| (name.to_owned(), start, end)).to_vec();
    assert_eq!(found(1000, (3900, 5000)), named([("A", 4100, 4300), ("B", 4150, 5000), ("A", 4400, 4500)]));
    assert_eq!(found(61_000, (3900, 5000))[0], ("A".to_owned(), 4000, 4200), "AWS's clock is a minute behind");
    assert_eq!(found(-61_000, (3900, 5000))[0], ("A".to_owned(), 4500, 4700), "AWS's clock is ahead");
    assert!(resources::resources(&[], 0, (1, 2)).is_empty());
}

#[tokio::test]
async fn what_was_refused_before_its_first_stack_leaves_no_run() {
    use crate::config::{Config, Target};
    use crate::error::Problem;
    use crate::ui::{Mode, Ui};

    const APP: &str = "{app: demo, defaultEnvironment: dev, homeRegion: eu-central-1, services: {}}";
    let folder = tempfile::tempdir().unwrap();
    let config =
        Config { root: folder.path().to_owned(), ..Config::sample(APP, Target::Account("123456789012".into())) };
    let kept = async |stack: bool, problem: Problem| {
        let work = async {
            if stack {
                live::span(Kind::Stack, "one", async { anyhow::Ok(()) }).await?;
            }
            Err::<(), _>(problem.into())
        };
        let _ = std::fs::remove_dir_all(folder.path().join("target"));
        keep(&Ui::unattended(Mode::default()), &config, work).await.unwrap_err();
        Store::of(&config).ids().len()
    };
    assert_eq!(kept(false, Problem::usage("no such service")).await, 0);
    assert_eq!(kept(false, Problem::declined("no")).await, 0);
    assert_eq!(kept(false, Problem::failed("no network")).await, 1);
    assert_eq!(kept(true, Problem::declined("not what was shown")).await, 1);
}

#[test]
fn runs_are_kept_whole_and_only_so_many_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(&folder.path().join("dev"));
    assert!(store.all().is_empty());
    for day in 0..53 {
        store.keep(&run(day, 1)).unwrap();
    }
    std::fs::write(folder.path().join("dev/20990101T000000.000Z.json"), "{").unwrap();
    let mut broken = run(60, 1);
    broken.spans[5].after = vec![99];
    store.keep(&broken).unwrap();
    let all = store.all();
    assert_eq!((store.ids().len(), all.len()), (50, 48));
    assert_eq!(all[0], run(52, 1));
}

#[tokio::test]
async fn spans_are_noted_where_they_run_and_nowhere_else() {
    outcome("outside of a run");
    let recorder = Recorder::default();
    let stack = async {
        outcome("created");
        event(&Event {
            logical_id: "R".into(),
            kind: "AWS::X::Y".into(),
            status: "CREATE_COMPLETE".into(),
            ..Event::default()
        });
        let inner = live::span(Kind::Invalidation, "inner", async { Err::<(), _>(anyhow::anyhow!("no")) });
        inner.await.unwrap_err();
        anyhow::Ok(7)
    };
    let work = async {
        live::span(Kind::Stack, "one", async { anyhow::Ok(()) }).await.unwrap();
        let after = vec!["one".to_owned(), "missing".to_owned()];
        let task = tokio::spawn(within(after, live::span(Kind::Stack, "two", stack)));
        let lost = live::span(Kind::Build, "cut", std::future::pending::<anyhow::Result<()>>());
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), lost).await;
        task.await.unwrap().unwrap()
    };
    assert_eq!(recorder.record(work).await, 7);
    let run = recorder.run("dev", true);
    let told = |span: &Span| format!("{}={}", span.name, span.outcome);
    let mut names: Vec<String> = run.spans.iter().map(told).collect();
    names.sort();
    assert_eq!(names, ["R=AWS::X::Y CREATE_COMPLETE", "cut=cut off", "inner=failed", "one=", "two=created"]);
    let two = run.spans.iter().position(|span| span.name == "two").unwrap();
    let one = run.spans.iter().position(|span| span.name == "one").unwrap();
    assert_eq!(run.spans[two].after, [one]);
    let parts = run.spans.iter().filter(|span| span.parent == Some(two)).count();
    assert_eq!(parts, 2);
    assert!(run.spans.iter().all(|span| span.end <= run.millis));
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let one = (0_u64..200, 0_u64..60, any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..3);
    prop::collection::vec(one, 0..25).prop_map(|parts| {
        let place = |number: usize,
                     (start, length, parent, after, kind): &(
            u64,
            u64,
            prop::sample::Index,
            prop::sample::Index,
            u8,
        )| {
            let earlier = |index: &prop::sample::Index| (number > 0).then(|| index.index(number));
            Span {
                kind: if *kind == 2 { Kind::Build } else { Kind::Stack },
                start: *start,
                end: start + length,
                parent: earlier(parent).filter(|_| *kind == 1),
                after: earlier(after).into_iter().collect(),
                ..Span::default()
            }
        };
        parts.iter().enumerate().map(|(number, part)| place(number, part)).collect()
    })
}

fn check(spans: &[Span], steps: &[Step]) {
    for pair in steps.windows(2) {
        assert!(spans[pair[0].span].end <= spans[pair[1].span].start, "steps overlap");
    }
    for step in steps {
        assert!(step.parts.iter().all(|part| spans[part.span].parent == Some(step.span)));
        check(spans, &step.parts);
    }
}

proptest! {
    #[test]
    fn the_critical_path_is_a_chain_as_long_as_its_wall_time_and_no_longer_than_the_run(spans in spans()) {
        let path = critical(&spans);
        check(&spans, &path.steps);
        let top = || spans.iter().filter(|span| span.parent.is_none());
        let end = top().map(|span| span.end).max().unwrap_or_default();
        let start = top().map(|span| span.start).min().unwrap_or_default();
        prop_assert!(path.millis <= end - start);
        let worked: u64 = path.steps.iter().map(|step| spans[step.span].millis()).sum();
        prop_assert_eq!(path.millis, worked + path.waits);
        let ends: Vec<u64> = path.steps.iter().map(|step| spans[step.span].end).collect();
        prop_assert_eq!(ends.last().copied().unwrap_or_default(), end, "it reaches the run's end");
    }
}
