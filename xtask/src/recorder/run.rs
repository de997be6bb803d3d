//! A recorded run as it is kept and printed by `--json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the format; runs of another one are not read.
pub(super) const VERSION: u32 = 1;

/// One deploy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Of this format.
    pub version: u32,
    /// When it began, as a name: `20261124T221500.123Z`.
    pub id: String,
    /// The environment's name.
    pub environment: String,
    /// When it began.
    pub started: Timestamp,
    /// Wall time in milliseconds.
    pub millis: u64,
    /// Whether it succeeded.
    pub ok: bool,
    /// In the order in which they began.
    pub spans: Vec<Span>,
}

impl Run {
    /// Whether it got as far as its stacks. What was refused, declined or misspelt did not.
    #[must_use]
    pub fn began(&self) -> bool {
        self.spans.iter().any(|span| span.kind == Kind::Stack)
    }
}

/// A part of a deploy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// What kind of work.
    pub kind: Kind,
    /// The stack, package, resource or service.
    pub name: String,
    /// What became of it, such as `created`, or a resource's type and status.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outcome: String,
    /// The number of the span that this is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// The numbers of spans that had to end first, where that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
    /// Milliseconds after the run's start.
    pub start: u64,
    /// Milliseconds after the run's start, not before `start`.
    pub end: u64,
}

impl Span {
    /// Milliseconds.
    #[must_use]
    pub fn millis(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// A kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The emulator's start, credentials, a look at what is there.
    #[default]
    Prepare,
    /// The compiler.
    Build,
    /// A zip.
    Package,
    /// An upload of code.
    Upload,
    /// A stack.
    Stack,
    /// A resource of a stack, by AWS's clock.
    Resource,
    /// npm
    SiteBuild,
    /// A site's files.
    Sync,
    /// What the CDN is told to forget.
    Invalidation,
}

impl Kind {
    /// For people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Build => "build",
            Self::Package => "zip",
            Self::Upload => "upload",
            Self::Stack => "stack",
            Self::Resource => "resource",
            Self::SiteBuild => "site build",
            Self::Sync => "sync",
            Self::Invalidation => "invalidate",
        }
    }
}

/// Milliseconds for people: `0.4 s`, `95.0 s`, `3:07 min`.
pub(super) fn seconds(millis: u64) -> String {
    if millis < 100_000 {
        return format!("{}.{} s", millis / 1000, millis % 1000 / 100);
    }
    format!("{}:{:02} min", millis / 60_000, millis % 60_000 / 1000)
}
