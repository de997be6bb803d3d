//! The actions that workflows use, each pinned to a commit: a tag can be moved. No other one is used.

/// An action, its release, and that release's commit.
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) commit: &'static str,
}

pub(super) const ALL: [Action; 4] = [
    Action { name: "actions/checkout", version: "v7.0.0", commit: "9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0" },
    Action { name: "actions/setup-node", version: "v6.3.0", commit: "53b83947a5a98c8d113130e565377fae1a50d02f" },
    Action { name: "actions/cache", version: "v5.0.3", commit: "cdf6c1fa76f9f475f3d7449005a359c84ca0f306" },
    Action {
        name: "aws-actions/configure-aws-credentials",
        version: "v6.0.0",
        commit: "8df5847569e6427dd6c4fb1cf565c83acfa8afa7",
    },
];

impl Action {
    /// As `uses:` takes it.
    pub(super) fn pinned(&self) -> String {
        format!("{}@{} # {}", self.name, self.commit, self.version)
    }
}
