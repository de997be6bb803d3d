//! A plan as sections of lines, for a terminal and for a comment alike. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::{Difference, Step};
use super::grants::compact;
use super::protection::on_or_off;
use super::replacement::Replacement;
use super::resources::{Action, ResourceChange};
use super::security::{SecurityChange, Topic};
use super::stack::{Planned, StackAction, StackPlan};
use super::{Plan, counted, grants, guard};
use crate::site::{FileAction, SitePlan};

/// A heading and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    /// Whether every line is told to its end, however long it is.
    pub(super) whole: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// `+` is new, `-` goes, `~` changes, `!` is dangerous, a blank is a remark.
    pub(super) mark: char,
    /// Steps of indentation.
    pub(super) depth: usize,
    pub(super) text: String,
}

fn line(mark: char, depth: usize, text: impl Into<String>) -> Line {
    // A value of several lines stays one line here.
    Line { mark, depth, text: text.into().split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// Every section that says anything, the most important first.
pub(super) fn sections(plan: &Plan) -> Vec<Section> {
    told(plan, plan.stacks.iter().map(|stack| stack_section(stack, 0)), code(plan))
}

/// The same without what it says twice: new code is told of its service, with the functions that get it, and not of each function.
pub(super) fn brief(plan: &Plan) -> Vec<Section> {
    let stack = |stack: &StackPlan| {
        let codes = plan.functions.iter().filter(|one| one.service == stack.service && one.before.is_some());
        let codes: BTreeSet<&str> = codes.filter(|one| one.after.is_some()).map(|one| one.id.as_str()).collect();
        let mut rest = stack.clone();
        for change in rest.resources.iter_mut().filter(|change| codes.contains(change.id.as_str())) {
            change.properties.retain(|one| one.place() != CODE);
        }
        let says = |one: &ResourceChange| one.ends() || !one.properties.is_empty() || !one.attributes.is_empty();
        rest.resources.retain(|change| !codes.contains(change.id.as_str()) || says(change));
        stack_section(&rest, codes.len())
    };
    told(plan, plan.stacks.iter().map(stack), code_in_a_line(plan))
}

/// Where a function names its code.
const CODE: &str = "Code.S3Key";

fn told(plan: &Plan, stacks: impl Iterator<Item = Section>, code: Vec<Line>) -> Vec<Section> {
    let mut found = vec![
        whole("Refused unless `--allow-replacement` names it", refused(plan)),
        whole("Security", security(&plan.security, &new(&plan.stacks))),
        whole("To know", plan.notices.iter().map(|text| line('!', 0, text)).collect()),
    ];
    found.extend(stacks.zip(&plan.stacks).filter(|(_, stack)| stack.changed()).map(|(section, _)| section));
    found.push(section("Code", code));
    let key = |key: &super::KeyPlan| line('+', 0, format!("{}.{}, in secret {}", key.service, key.key, key.secret));
    found.push(section("Keys to make", plan.keys.iter().map(key).collect()));
    found.extend(plan.sites.iter().map(|site| section(&format!("Site of {}", site.service), files(site))));
    found.retain(|section| !section.lines.is_empty() || section.title.starts_with("Stack "));
    found
}

/// What one stack's plan says, without those of others.
pub(super) fn of_stack(planned: &Planned) -> Vec<Section> {
    let new = new(std::slice::from_ref(&planned.plan));
    let mut found = vec![whole("Security", security(&planned.security, &new)), stack_section(&planned.plan, 0)];
    found.retain(|section| !section.lines.is_empty());
    found
}

/// `codes` counts the functions whose new code is told elsewhere.
fn stack_section(stack: &StackPlan, codes: usize) -> Section {
    let status = stack.status.as_deref().map(|status| format!(", {status}")).unwrap_or_default();
    let verb = match stack.action {
        StackAction::Create => "create",
        StackAction::Recreate => "delete what a failed creation left, and create",
        StackAction::Update => "update",
        StackAction::Unchanged if stack.protection.is_some() => "termination protection alone",
        StackAction::Unchanged => "unchanged",
        StackAction::Mend if stack.status.as_deref() == Some("DELETE_FAILED") => {
            "finish its deletion, which failed, and create it anew"
        }
        StackAction::Mend if !stack.resources.is_empty() => "go on from what failed",
        StackAction::Mend => "bring what failed to its end first, then plan again",
        StackAction::Wait => "wait for the operation in progress, then plan again",
        StackAction::Stuck => "stuck: must be mended by hand",
    };
    section(&format!("Stack {}: {verb}{status}", stack.stack), lines_of(stack, codes))
}

/// The services whose stacks are made.
fn new(stacks: &[StackPlan]) -> BTreeSet<&str> {
    let made = stacks.iter().filter(|one| matches!(one.action, StackAction::Create | StackAction::Recreate));
    made.map(|one| one.service.as_str()).collect()
}

fn section(title: &str, lines: Vec<Line>) -> Section {
    Section { title: title.to_owned(), lines, whole: false }
}

fn whole(title: &str, lines: Vec<Line>) -> Section {
    Section { whole: true, ..section(title, lines) }
}

fn refused(plan: &Plan) -> Vec<Line> {
    plan.refused.iter().map(|one| line('!', 0, format!("{} ({}) {}", one.place, one.kind, one.what))).collect()
}

/// What changes in a stack that is there is told in full; what comes with a new stack by number, but for rights that reach
/// further than its own resources.
fn security(changes: &[SecurityChange], new: &BTreeSet<&str>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut added: BTreeMap<(&str, &str, &str), (usize, usize)> = BTreeMap::new();
    let mut broad: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for change in changes {
        if change.action == Action::Add && change.changed.is_empty() && new.contains(change.service.as_str()) {
            let counts = added.entry((&change.service, topic(change.topic), &change.kind)).or_default();
            *counts = (counts.0 + 1, counts.1 + change.granted.len());
            for right in change.granted.iter().filter(|right| grants::is_broad(right)) {
                broad.entry((&change.service, right)).or_default().push(&change.id);
            }
            continue;
        }
        lines.push(line(
            mark(change.action),
            0,
            format!("{}.{} ({}): {}", change.service, change.id, change.kind, topic(change.topic)),
        ));
        let sign = |right: &str| if grants::is_broad(right) { '!' } else { '+' };
        lines.extend(change.granted.iter().map(|right| line(sign(right), 1, right)));
        lines.extend(change.revoked.iter().map(|right| line('-', 1, right)));
        lines.extend(change.changed.iter().map(|place| line('~', 1, place)));
    }
    for ((service, topic, kind), (count, rights)) in added {
        let rights = if rights == 0 { String::new() } else { format!(", {}", counted(rights, "right")) };
        lines.push(line('+', 0, format!("{service}: {count} new {kind} ({topic}{rights})")));
    }
    for ((service, right), holders) in broad {
        let who = match holders[..] {
            [one] => one.to_owned(),
            _ => format!("{} of them", holders.len()),
        };
        lines.push(line('!', 0, format!("{service}.{who}: {right}")));
    }
    lines
}

fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::Permissions => "permissions",
        Topic::ResourcePolicy => "who may reach it",
        Topic::PublicAccess => "public access",
        Topic::Browsers => "which pages may call",
        Topic::SignIn => "sign-in",
        Topic::Keys => "keys",
        Topic::Encryption => "encryption",
        Topic::DataProtection => "protection of data",
        Topic::Network => "network",
    }
}

fn mark(action: Action) -> char {
    match action {
        Action::Add => '+',
        Action::Modify => '~',
        Action::Remove => '-',
    }
}

fn lines_of(stack: &StackPlan, codes: usize) -> Vec<Line> {
    if matches!(stack.action, StackAction::Create | StackAction::Recreate) {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in &stack.resources {
            *kinds.entry(&resource.kind).or_default() += 1;
        }
        return kinds.into_iter().map(|(kind, count)| line('+', 0, format!("{count} × {kind}"))).collect();
    }
    let named = |what: &str, list: &[Difference]| -> Vec<Line> {
        let text = |one: &Difference| place(one, 0, &format!("{what} "));
        list.iter().flat_map(text).collect()
    };
    let switched = |on: bool| {
        let words = format!("termination protection: {} → {}", on_or_off(!on), on_or_off(on));
        line(if on { '~' } else { '!' }, 0, words)
    };
    let mut lines: Vec<Line> = stack.protection.map(switched).into_iter().collect();
    lines.extend(named("tag", &stack.tags));
    lines.extend(stack.resources.iter().flat_map(resource));
    lines.extend(named("", &stack.sections));
    lines.extend(named("output", &stack.outputs));
    let of_code = |one: &Difference| matches!(one.path.first(), Some(Step::Key(name)) if name == "CodeKey");
    if lines.is_empty() && codes > 0 && stack.parameters.iter().all(of_code) {
        lines = vec![line(' ', 0, format!("the code of {} alone, told under Code", counted(codes, "function")))];
    } else if lines.is_empty() {
        lines = named("parameter", &stack.parameters);
    }
    if stack.action == StackAction::Mend && stack.status.as_deref() == Some("DELETE_FAILED") {
        lines.push(line(
            '!',
            0,
            "what it still holds is deleted; a stack that was ever whole is left to `destroy` instead",
        ));
    } else if lines.is_empty() && stack.action == StackAction::Update {
        lines.push(line(' ', 0, "only descriptions or the template's text differ"));
    }
    lines
}

fn resource(change: &ResourceChange) -> Vec<Line> {
    let end =
        if change.action != Action::Add && change.ends() { format!(" {}", guard::what(change)) } else { String::new() };
    let sign = if end.is_empty() || change.action == Action::Remove { mark(change.action) } else { '!' };
    let mut lines = vec![line(sign, 0, format!("{} ({}){end}", change.id, change.kind))];
    if change.action == Action::Modify {
        lines.extend(change.properties.iter().chain(&change.attributes).flat_map(|one| place(one, 1, "")));
    }
    lines
}

fn place(one: &Difference, depth: usize, prefix: &str) -> Vec<Line> {
    let why = match one.replacement {
        Replacement::Never => "",
        Replacement::Conditional => " (may make it anew)",
        Replacement::Always => " (makes it anew)",
    };
    let name = format!("{}{}{why}", prefix.trim_start(), one.place());
    match (&one.before, &one.after) {
        (Some(before), Some(after)) => {
            let (before, after) = (compact(before), compact(after));
            // Both on one line where they are short, else one below the other, so that the eye can compare.
            if before.chars().count() + after.chars().count() + name.chars().count() + 4 * depth < 68 {
                vec![line('~', depth, format!("{name}: {before} → {after}"))]
            } else {
                vec![line('~', depth, name), line('-', depth + 1, before), line('+', depth + 1, after)]
            }
        }
        (Some(before), None) => vec![line('-', depth, format!("{name}: {}", compact(before)))],
        (None, Some(after)) => vec![line('+', depth, format!("{name}: {}", compact(after)))],
        (None, None) => vec![],
    }
}

/// Functions that change from one artifact to another are one line, and one each.
fn code(plan: &Plan) -> Vec<Line> {
    let names = |ids: Vec<&str>| ids.into_iter().map(|id| line(' ', 1, id)).collect();
    codes(plan).into_iter().flat_map(|(head, ids)| std::iter::once(head).chain::<Vec<Line>>(names(ids))).collect()
}

/// The same in one line, however long it is.
fn code_in_a_line(plan: &Plan) -> Vec<Line> {
    codes(plan)
        .into_iter()
        .map(|(head, ids)| line(head.mark, 0, format!("{}: {}", head.text, ids.join(", "))))
        .collect()
}

/// What becomes of code, and the functions of which it becomes that.
fn codes(plan: &Plan) -> Vec<(Line, Vec<&str>)> {
    let mut groups = BTreeMap::new();
    for one in &plan.functions {
        let change = (&one.service, one.before.as_deref(), one.after.as_deref());
        groups.entry(change).or_insert_with(Vec::new).push(one.id.as_str());
    }
    let mut lines = Vec::new();
    for ((service, before, after), functions) in groups {
        let count = counted(functions.len(), "function");
        let (mark, text) = match (before, after) {
            (Some(before), Some(after)) => {
                ('~', format!("{service}: {count} from {} to {}", short(before), short(after)))
            }
            (None, Some(after)) => ('+', format!("{service}: {count} with {}", short(after))),
            (Some(before), None) => ('-', format!("{service}: {count} with {}", short(before))),
            (None, None) => continue,
        };
        lines.push((line(mark, 0, text), functions));
    }
    lines
}

/// Twelve digits of a key's digest tell artifacts apart.
fn short(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or(key);
    name.get(..12).unwrap_or(name)
}

fn files(site: &SitePlan) -> Vec<Line> {
    let file = |file: &crate::site::FileChange| {
        let mark = match file.action {
            FileAction::Add => '+',
            FileAction::Change | FileAction::Headers => '~',
            FileAction::Delete => '-',
        };
        line(mark, 0, format!("{} ({})", file.path, file.reason))
    };
    let mut lines: Vec<Line> = site.files.iter().map(file).collect();
    lines.extend(site.invalidate.iter().map(|path| line(' ', 0, format!("invalidate {path}"))));
    lines.extend(site.waits_for.iter().map(|what| line('!', 0, format!("waits for {what}, which is not deployed"))));
    lines
}
