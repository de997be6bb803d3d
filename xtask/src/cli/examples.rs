//! What each command's `--help` ends with. A test parses every line.

use clap::Command;

/// Command lines without `cargo xtask`, by command, each with what it is for.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "deploy",
        &[
            ("deploy", "the default environment, everything that changed"),
            ("deploy --env dev --service orders,mail", "two services, and what they lack"),
            ("deploy --env dev --hotswap", "while developing: code alone, past CloudFormation, in seconds"),
            ("deploy --env dev --rollback off", "keep what succeeded, to look at what failed"),
            ("deploy --json --quiet --yes", "for a script: the result on stdout, no words, no question"),
        ],
    ),
    (
        "plan",
        &[
            ("plan --env prod", "what a deploy would do"),
            ("plan --env prod --out prod.plan", "and exactly that, later: deploy --plan prod.plan"),
            ("plan --markdown", "a comment for a pull request"),
            ("plan --detailed-exitcode", "exit code 4 where there is something to deploy"),
        ],
    ),
    (
        "outputs",
        &[
            ("outputs --env dev", "one `service.Name = value` a line"),
            ("outputs --env dev --json", "for a script: {service: {name: value}}"),
        ],
    ),
    ("releases", &[("releases --env dev", "what deploys left, newest first"), ("releases --json", "the records")]),
    (
        "releases prune",
        &[
            ("releases prune --env dev --dry-run", "what nobody needs any more, in its account and region"),
            ("releases prune --env dev --yes", "and away with it, by a schedule"),
        ],
    ),
    (
        "rollback",
        &[
            ("rollback --env dev", "to the release before: shows what changes, then asks"),
            ("rollback --env dev --to 12 --service orders", "one service, to a release of choice"),
        ],
    ),
    (
        "promote",
        &[
            ("promote --from dev --to prod", "what runs in dev, the very bytes"),
            ("promote --from dev --to prod --release 12 --yes", "an earlier release, without the question"),
        ],
    ),
    (
        "invoke",
        &[
            ("invoke getOrders", "with an empty event"),
            ("invoke orders/sweep --event event.json --until-done", "again and again, until nothing is left"),
            ("invoke sweep --event -", "the event from stdin"),
        ],
    ),
    ("status", &[("status", "every environment of config/"), ("status --env dev", "one of them")]),
    (
        "drift",
        &[
            ("drift --env dev", "what was changed past the stacks"),
            ("drift --env dev --service orders --json", "one service, as data"),
        ],
    ),
    ("open", &[("open", "the site"), ("open --env dev --dashboard", "the dashboard of an environment")]),
    (
        "logs",
        &[
            ("logs --env dev --follow", "as it happens, until Ctrl-C"),
            ("logs --service orders --since 1h", "one service, the last hour"),
        ],
    ),
    (
        "watch",
        &[
            ("watch", "on this machine, until Ctrl-C"),
            ("watch --env dev --service orders", "one service, in an environment of one's own"),
        ],
    ),
    (
        "timeline",
        &[
            ("timeline --env dev", "where the last deploy's time went"),
            ("timeline --html deploys.html", "the same as a page, beside earlier ones"),
        ],
    ),
    ("new service", &[("new service order-lines", "an entry, a template, a contract, a package")]),
    (
        "bootstrap",
        &[
            ("bootstrap --env dev", "once per account and region, and where a role needs other rights"),
            ("bootstrap --env dev --json --yes", "for a script: the ARNs of the roles on stdout"),
        ],
    ),
    ("iam print", &[("iam print --env dev", "every right of every role, as policies")]),
    (
        "iam diff",
        &[
            ("iam diff --env dev", "what a changed template needs and the roles do not have, or the other way round"),
            ("iam diff --env dev --json", "as data"),
        ],
    ),
    (
        "destroy",
        &[
            ("destroy --env dev", "shows what goes, then asks for the name"),
            ("destroy --env dev --yes", "without the question"),
            ("destroy --env dev --backup backups/dev", "save all items and objects first"),
            ("destroy --env dev --remove-retained", "tables and buckets that outlive their stacks, too"),
        ],
    ),
    (
        "restore",
        &[
            ("restore --env dev --from backups/dev", "into an environment that was just deployed"),
            ("restore --env dev --from s3://backups/dev --yes", "without the question"),
        ],
    ),
    (
        "env up",
        &[
            ("env up --branch feature/a", "made, or brought up to date; ends 48 hours after its last deploy"),
            ("env up --branch feature/a --ttl 7d --owner ada", "for a week, and everybody sees whose it is"),
        ],
    ),
    ("env list", &[("env list", "what there is, and when each ends"), ("env list --json", "the records")]),
    (
        "env gc",
        &[
            ("env gc --dry-run", "what would go"),
            ("env gc", "by a schedule: what has expired is destroyed, nothing else"),
        ],
    ),
    (
        "env down",
        &[
            ("env down --branch feature/a", "shows what goes, then asks for the name"),
            ("env down --branch feature/a --yes", "when a branch is deleted"),
        ],
    ),
    (
        "build",
        &[
            ("build --env prod", "the zips that a deploy of prod would upload"),
            ("build --architecture x86_64 --json", "for another processor; sizes and hashes as JSON"),
            ("build --verify", "whether the same sources give the same bytes; takes two whole builds"),
        ],
    ),
    (
        "sync",
        &[
            ("sync dist s3://example-docs", "a whole bucket, in the default environment"),
            ("sync dist s3://example-docs/v2 --env prod --dry-run", "what would be done to a prefix"),
            ("sync dist s3://example-docs --delete --grace 2h --max-delete 50", "what is gone here goes there too"),
            ("sync dist s3://example-docs --rules rules.yaml --distribution E1EXAMPLE", "with headers, and a CDN"),
        ],
    ),
    ("render", &[("render --env prod --out /tmp/prod", "the templates, to read or to compare")]),
    ("config check", &[("config check", "every environment"), ("config check --env dev", "one of them")]),
    ("config show", &[("config show --env prod", "with every default filled in")]),
    ("config schema", &[("config schema", "for editors"), ("config schema --check", "only look")]),
    (
        "keys list",
        &[("keys list --env dev", "which keys there are, and what for"), ("keys list --json", "with versions")],
    ),
    (
        "keys rotate",
        &[
            ("keys rotate --env prod", "new keys sign, what the old ones signed stays good"),
            ("keys rotate --env prod --key Signer --revoke", "a key has leaked"),
        ],
    ),
    ("local", &[("local start", "where a deploy would start it"), ("local logs", "what it printed")]),
    ("doctor", &[("doctor", "for the default environment"), ("doctor --env prod", "for another one")]),
    (
        "affected",
        &[
            ("affected --base origin/main", "what a branch can influence, once it is merged"),
            ("affected --uncommitted --base HEAD --why", "what is not committed yet, and by which way"),
        ],
    ),
    ("ci generate", &[("ci generate", "after a change of config/ or of what a service is made of")]),
    ("ci check", &[("ci check", "as the linter runs it")]),
    (
        "ci comment",
        &[("ci comment plan.md --key plan-dev --pull-request 7", "once: the next one of this key takes its place")],
    ),
    ("test", &[("test", "everything"), ("test --only lint,unit", "what needs no deployment")]),
    (
        "bench",
        &[
            ("bench", "everything"),
            ("bench deploy", "deploys only"),
            ("bench sync --folders site,many", "the sync, without large files"),
        ],
    ),
    (
        "completions",
        &[
            ("completions bash", "into a file that ~/.bashrc sources"),
            ("completions zsh", "into a file that ~/.zshrc sources, after compinit"),
            ("completions fish", "into ~/.config/fish/conf.d/cargo-xtask.fish"),
        ],
    ),
    ("man", &[("man", "to target/man"), ("man ~/.local/share/man/man1", "then: man cargo-xtask-deploy")]),
];

/// Adds each command's examples to its help; `path` is the command's own, without `cargo xtask`.
pub(super) fn attach(command: Command, path: &str) -> Command {
    let command = match EXAMPLES.iter().find(|(name, _)| *name == path) {
        Some((_, examples)) => command.after_help(text(examples)),
        None => command,
    };
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(&name, |sub| attach(sub, path.trim()))
    })
}

/// The explanation stands below its command, so that 40 columns are enough.
fn text(examples: &[(&str, &str)]) -> String {
    let lines = examples.iter().map(|(line, what)| format!("  cargo xtask {line}\n      {what}"));
    format!("Examples:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, command};
    use clap::Parser;

    /// Commands that do something by themselves, by path.
    fn leaves(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        let subs: Vec<&Command> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
        if subs.is_empty() || !(path.is_empty() || command.is_subcommand_required_set()) {
            found.push((path.to_owned(), command.clone()));
        }
        for sub in subs {
            leaves(sub, format!("{path} {}", sub.get_name()).trim(), found);
        }
    }

    #[test]
    fn every_command_has_examples_and_every_example_parses() {
        let mut found = Vec::new();
        leaves(&command(), "", &mut found);
        for (path, _) in &found {
            assert!(EXAMPLES.iter().any(|(name, _)| name == path), "`{path}` has no examples");
        }
        for (name, examples) in EXAMPLES {
            assert!(found.iter().any(|(path, _)| path == name), "there is no command `{name}`");
            for (line, _) in *examples {
                assert!(line.starts_with(name), "`{line}` is no example of `{name}`");
                let words = ["cargo xtask"].into_iter().chain(line.split(' '));
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("`{line}`: {error}");
                }
            }
        }
    }

    #[test]
    fn the_help_of_every_command_is_as_reviewed() {
        // The terminal of whoever runs the tests has no say in it.
        let mut root = command().term_width(80);
        root.build();
        let mut found = vec![("all".to_owned(), root.clone())];
        leaves(&root, "", &mut found);
        for (path, mut command) in found {
            insta::assert_snapshot!(path.replace(' ', "_"), command.render_long_help().to_string());
        }
    }

    #[test]
    fn a_mistyped_command_or_option_gets_the_nearest_one() {
        let parse = |line: &str| {
            let words = ["cargo xtask"].into_iter().chain(line.split(' '));
            crate::cli::parse(words.map(Into::into)).unwrap_err().to_string()
        };
        for (line, expected) in [
            ("deplyo", "'deploy'"),
            ("deploy --rolback off", "'--rollback'"),
            ("keys rotat", "'rotate'"),
            ("deploy --evn dev", "'--env'"),
            ("keys rotate --kye Signer", "'--key'"),
            ("status --jsno", "'--json'"),
            ("--queit status", "'--quiet'"),
        ] {
            let error = parse(line);
            assert!(error.contains("similar") && error.contains(expected), "{line}: {error}");
        }
        let error = parse("deploy --nonsense");
        assert!(error.contains("'--nonsense'") && !error.contains("similar"), "{error}");
    }
}
