//! What a failure is to the person who sees it: a message, a hint, an exit code. Nothing here prints.

use std::fmt;

/// Exit codes of every command; documented in README under "Exit codes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The command did what it was asked for.
    Done = 0,
    /// Something outside the command line went wrong: AWS, the network, a build.
    Failed = 1,
    /// The command line or the configuration is wrong; nothing was tried.
    Usage = 2,
    /// A person, or the lack of one, declined the question.
    Declined = 3,
    /// Nothing went wrong, and something differs: there is something to deploy (`plan --detailed-exitcode`), or an environment
    /// was changed past its stacks (`drift`).
    Changes = 4,
}

/// An error with the way out. Wrap it in `anyhow` context freely: the chain is searched for it.
#[derive(Debug)]
pub struct Problem {
    message: String,
    hint: Option<String>,
    exit: Exit,
}

impl Problem {
    /// Something that went wrong while doing what was asked.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// A wrong command line or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A question answered with no.
    pub fn declined(message: impl Into<String>) -> Self {
        Self::new(Exit::Declined, message)
    }

    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit }
    }

    /// Adds the command or the change that helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// The exit code that an error chain asks for.
#[must_use]
pub fn exit_of(error: &anyhow::Error) -> Exit {
    problems(error).into_iter().next().map_or(Exit::Failed, |(exit, _)| exit)
}

/// The hints along an error chain, outermost first.
pub fn hints(error: &anyhow::Error) -> impl Iterator<Item = &str> {
    problems(error).into_iter().filter_map(|(_, hint)| hint)
}

/// `anyhow` hides a context value from the chain's items, but not from its own downcast: look at both. The sync has
/// problems of its own, since it knows nothing of commands.
fn problems(error: &anyhow::Error) -> Vec<(Exit, Option<&str>)> {
    let of_sync = |problem: &'_ site_sync::Problem| if problem.usage { Exit::Usage } else { Exit::Failed };
    let mut seen = Vec::new();
    for cause in error.chain() {
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            seen.push((problem.exit, problem.hint.as_deref()));
        } else if let Some(problem) = cause.downcast_ref::<site_sync::Problem>() {
            seen.push((of_sync(problem), problem.hint.as_deref()));
        }
    }
    if seen.is_empty() {
        seen.extend(error.downcast_ref::<Problem>().map(|problem| (problem.exit, problem.hint.as_deref())));
        let synced = error.downcast_ref::<site_sync::Problem>();
        seen.extend(synced.map(|problem| (of_sync(problem), problem.hint.as_deref())));
    }
    seen
}

/// The name in `known` nearest to `given`, if it is near enough to be a slip of the hand.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3 + 1)
        .min()
        .map(|(_, name)| name)
}

/// A hint on a name that is not among the known ones: the nearest of them, or all, after what they are called.
pub fn suggestion(given: &str, what: &str, known: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    nearest(given, known.iter().copied())
        .map_or_else(|| format!("{what}: {}", known.join(", ")), |near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_problem_keeps_its_exit_code_and_hint_under_context() {
        let error = Err::<(), _>(Problem::usage("no such thing").hint("try another"))
            .context("outer")
            .context("outermost")
            .unwrap_err();
        assert_eq!(exit_of(&error), Exit::Usage);
        assert_eq!(hints(&error).collect::<Vec<_>>(), ["try another"]);
    }

    #[test]
    fn a_problem_given_as_context_is_found_too() {
        let error =
            Err::<(), _>(std::io::Error::other("broken")).context(Problem::declined("no").hint("yes")).unwrap_err();
        assert_eq!(exit_of(&error), Exit::Declined);
        assert_eq!(hints(&error).collect::<Vec<_>>(), ["yes"]);
    }

    #[test]
    fn an_unknown_error_is_a_failure() {
        assert_eq!(exit_of(&anyhow::anyhow!("boom")), Exit::Failed);
    }

    #[test]
    fn the_nearest_name_is_a_slip_away_or_none() {
        assert_eq!(nearest("locla", ["local", "dev", "prod"]), Some("local"));
        assert_eq!(nearest("memroy", ["memory", "timeout"]), Some("memory"));
        assert_eq!(nearest("banana", ["local", "dev"]), None);
    }
}
