//! A run as one HTML file that needs nothing else: no script, no font, no address.

use serde_json::{Value, json};
use tera::{Context, Tera};

use super::compare::Comparison;
use super::critical::Path;
use super::gantt::label;
use super::run::{Kind, Run, seconds};

/// Ends in `.html`, so that every value is escaped.
const NAME: &str = "timeline.html";
/// Earlier runs that are listed.
const EARLIER: usize = 10;

/// The file's text.
pub fn html(run: &Run, path: &Path, comparison: &Comparison, earlier: &[Run]) -> anyhow::Result<String> {
    let mut tera = Tera::default();
    tera.add_raw_template(NAME, include_str!("timeline.html.tera"))?;
    let members = path.members();
    let mut rows = Vec::new();
    add(run, None, 0, &mut |number, level| {
        let span = &run.spans[number];
        let delta = comparison.spans.get(&number);
        rows.push(json!({
            "name": label(span).trim(),
            "detail": if span.kind == Kind::Resource { span.outcome.as_str() } else { "" },
            "level": level,
            "critical": members.contains(&number),
            "slower": delta.is_some_and(super::Delta::slower),
            "from": share(span.start, run.millis),
            "size": share(span.millis(), run.millis),
            "time": seconds(span.millis()),
            "median": delta.map(|delta| seconds(delta.median)),
        }));
    });
    let ticks: Vec<Value> = (0..=4).map(|part| seconds(run.millis * part / 4).into()).collect();
    let past = earlier.iter().filter(|one| one.started < run.started).take(EARLIER);
    let past: Vec<Value> = past.map(|one| json!({"id": one.id, "time": seconds(one.millis), "ok": one.ok})).collect();
    let total = comparison.total.map(|total| json!({"median": seconds(total.median), "runs": total.runs}));
    let values = json!({
        "id": run.id, "environment": run.environment, "ok": run.ok, "time": seconds(run.millis), "total": total,
        "path": seconds(path.millis), "rows": rows, "ticks": ticks, "past": past,
        "started": run.started.strftime("%Y-%m-%d %T UTC").to_string(),
    });
    Ok(tera.render(NAME, &Context::from_value(values)?)?)
}

fn add(run: &Run, parent: Option<usize>, level: usize, tell: &mut impl FnMut(usize, usize)) {
    let mine = |number: &usize| run.spans[*number].parent == parent && parent.is_none_or(|parent| parent < *number);
    let mut children: Vec<usize> = (0..run.spans.len()).filter(mine).collect();
    children.sort_by_key(|number| (run.spans[*number].start, *number));
    for number in children {
        tell(number, level);
        add(run, Some(number), level + 1, tell);
    }
}

/// Per cent, with two decimals.
#[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
fn share(part: u64, whole: u64) -> f64 {
    (part as f64 / whole.max(1) as f64 * 10_000.0).round() / 100.0
}
