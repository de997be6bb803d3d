//! Who may deploy from CI: the repository on GitHub, the roles of an account, and what GitHub's tokens say. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{App, Environment};
use crate::error::Problem;

/// The repository whose workflows may take the roles that `bootstrap` makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitHub {
    /// `owner/name`.
    pub repository: String,
    /// The numbers of owner and repository, where its tokens name them: in every repository that was made, renamed or
    /// transferred since July 2026, and where its OIDC settings say so (GitHub Docs, "Immutable subject claims").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<RepositoryIds>,
    /// Accounts that have GitHub's OIDC provider from somebody else, of which there can be one. `bootstrap` finds it by itself;
    /// here it is said where who bootstraps may not ask.
    #[serde(default)]
    pub existing_providers: Vec<String>,
    /// The branch that scheduled workflows and those of deleted branches run on. Default: `main`.
    #[serde(default = "GitHub::main")]
    pub default_branch: String,
    /// The image that workflows' jobs run in, with its digest: Debian with this workspace's Rust. Default: Docker's official
    /// one.
    #[serde(default = "GitHub::official_image")]
    pub image: String,
}

/// What GitHub's API calls `owner.id` and `id` of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositoryIds {
    /// Of the owner.
    #[schemars(range(min = 1))]
    pub owner: u64,
    /// Of the repository.
    #[schemars(range(min = 1))]
    pub repository: u64,
}

/// What a role is for. Each account has the roles of its own environments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleClass {
    /// Deploys one environment, for jobs that name its GitHub environment.
    Deploy(String),
    /// Makes and ends branches' environments.
    Preview,
    /// Reads what plans are made of, for pull requests.
    Plan,
}

/// The GitHub environment that jobs of branches' environments may name.
pub const PREVIEW_ENVIRONMENT: &str = "preview";

/// Names that are no environment's: what is shared would have names like those of its stacks.
pub(super) const RESERVED: [&str; 7] = ["access", "artifacts", "bootstrap", "boundary", "deploy", "plan", "preview"];

impl RoleClass {
    /// The role's name: `<app>-deploy-<environment>`, `<app>-preview`, `<app>-plan`.
    #[must_use]
    pub fn role(&self, app: &App) -> String {
        match self {
            Self::Deploy(environment) => format!("{}-deploy-{environment}", app.app),
            Self::Preview => format!("{}-preview", app.app),
            Self::Plan => format!("{}-plan", app.app),
        }
    }

    /// The role's ARN in an environment's account.
    #[must_use]
    pub fn arn(&self, app: &App, env: &Environment) -> String {
        format!("arn:{}:iam::{}:role/{}", env.partition(), env.account(), self.role(app))
    }
}

impl Environment {
    /// The GitHub environment that a job must name to deploy this one.
    #[must_use]
    pub fn github_environment(&self) -> &str {
        self.github_environment.as_deref().unwrap_or(&self.name)
    }
}

impl GitHub {
    fn main() -> String {
        "main".to_owned()
    }

    /// The index of all architectures behind this tag. Debian 12 has glibc 2.36; what is built there needs no newer one
    /// than Lambda has, or is refused before its upload.
    fn official_image() -> String {
        "rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1".to_owned()
    }

    /// Whether `bootstrap` makes GitHub's OIDC provider in an account.
    #[must_use]
    pub fn makes_provider(&self, account: &str) -> bool {
        !self.existing_providers.iter().any(|one| one == account)
    }

    /// What a token's `sub` begins with.
    fn prefix(&self) -> String {
        match (self.ids, self.repository.split_once('/')) {
            (Some(ids), Some((owner, name))) => format!("repo:{owner}@{}/{name}@{}:", ids.owner, ids.repository),
            _ => format!("repo:{}:", self.repository),
        }
    }

    /// The values of `sub` that a role trusts, `*` standing for any text (GitHub Docs, "Example subject claims"). A job that
    /// names an environment has that and nothing else; any other has `pull_request` or the branch that it runs on, which
    /// for `schedule` and `delete` is the default one. `env` is the environment of a deploy role.
    #[must_use]
    pub fn subjects(&self, class: &RoleClass, env: &Environment) -> Vec<String> {
        let ends = match class {
            RoleClass::Deploy(_) => vec![format!("environment:{}", env.github_environment())],
            RoleClass::Preview => vec![
                format!("environment:{PREVIEW_ENVIRONMENT}"),
                "pull_request".to_owned(),
                "ref:refs/heads/*".to_owned(),
            ],
            RoleClass::Plan => vec!["pull_request".to_owned(), format!("ref:refs/heads/{}", self.default_branch)],
        };
        ends.into_iter().map(|end| self.prefix() + &end).collect()
    }
}

type At<'a> = dyn Fn(&[&str], &str) -> Problem + 'a;

/// GitHub's own rules (GitHub Docs, "Types of GitHub accounts", "Repository names"), and no `*`: it would trust others.
pub(super) fn check(github: &GitHub, at: &At<'_>) -> Result<(), Problem> {
    let plain = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let parts = github.repository.split_once('/');
    if !parts.is_some_and(|(owner, name)| plain(owner, &['-']) && plain(name, &['-', '_', '.'])) {
        let message = format!("`{}` is no repository: expected `owner/name`", github.repository);
        return Err(at(&["github", "repository"], &message));
    }
    if !plain(&github.default_branch, &['-', '_', '.', '/']) {
        let message = format!("`{}` is no branch that a role can trust", github.default_branch);
        return Err(at(&["github", "defaultBranch"], &message));
    }
    // A tag can be moved: what runs with rights of AWS is named by what it is.
    let digest = github.image.split_once("@sha256:").map(|(_, digest)| digest);
    if !digest.is_some_and(|digest| digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit())) {
        let message =
            format!("`{}` names no digest: expected `image:tag@sha256:<64 hexadecimal digits>`", github.image);
        return Err(at(&["github", "image"], &message));
    }
    if let Some(account) = github.existing_providers.iter().find(|id| id.len() != 12 || !plain(id, &[])) {
        let message = format!("`{account}` is no AWS account: expected 12 digits in quotes");
        return Err(at(&["github", "existingProviders"], &message));
    }
    Ok(())
}

/// A GitHub environment that a deploy role can trust, and that no other role trusts.
pub(super) fn check_environment(env: &Environment, at: &At<'_>) -> Result<(), Problem> {
    let name = env.github_environment();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_. ".contains(c));
    if name.is_empty() || !plain || name == PREVIEW_ENVIRONMENT {
        let message = format!(
            "`{name}` is no GitHub environment that a role can trust: letters, digits, `-_. `, and not `{PREVIEW_ENVIRONMENT}`"
        );
        return Err(at(&["githubEnvironment"], &message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Target};

    fn config(github: &str, environment: Option<&str>) -> Config {
        let app = format!(
            "{{app: demo, defaultEnvironment: dev, homeRegion: eu-central-1, services: {{}}, github: {github}}}"
        );
        let mut config = Config::sample(&app, Target::Account("111111111111".into()));
        config.env.github_environment = environment.map(str::to_owned);
        config
    }

    fn subjects(config: &Config, class: &RoleClass) -> Vec<String> {
        config.app.github.as_ref().unwrap().subjects(class, &config.env)
    }

    #[test]
    fn a_deploy_role_trusts_one_github_environment_and_nothing_else() {
        let class = RoleClass::Deploy("dev".into());
        assert_eq!(subjects(&config("{repository: acme/shop}", None), &class), ["repo:acme/shop:environment:dev"]);
        let named = config("{repository: acme/shop}", Some("development"));
        assert_eq!(subjects(&named, &class), ["repo:acme/shop:environment:development"]);
    }

    #[test]
    fn the_numbers_of_owner_and_repository_are_part_of_the_subject_where_they_are_given() {
        let config = config("{repository: acme/shop, ids: {owner: 7, repository: 42}}", None);
        assert_eq!(subjects(&config, &RoleClass::Deploy("dev".into())), ["repo:acme@7/shop@42:environment:dev"]);
    }

    #[test]
    fn schedules_and_deletions_run_on_the_default_branch_and_pull_requests_as_themselves() {
        let config = config("{repository: acme/shop, defaultBranch: trunk}", None);
        assert_eq!(
            subjects(&config, &RoleClass::Plan),
            ["repo:acme/shop:pull_request", "repo:acme/shop:ref:refs/heads/trunk"]
        );
        assert_eq!(
            subjects(&config, &RoleClass::Preview),
            ["repo:acme/shop:environment:preview", "repo:acme/shop:pull_request", "repo:acme/shop:ref:refs/heads/*"]
        );
    }

    #[test]
    fn names_of_roles_are_known_before_they_exist() {
        let config = config("{repository: acme/shop}", None);
        let arn = RoleClass::Deploy("dev".into()).arn(&config.app, &config.env);
        assert_eq!(arn, "arn:aws:iam::111111111111:role/demo-deploy-dev");
        assert_eq!(RoleClass::Preview.role(&config.app), "demo-preview");
        assert_eq!(RoleClass::Plan.role(&config.app), "demo-plan");
    }

    #[test]
    fn what_would_trust_others_is_refused() {
        let at = |path: &[&str], message: &str| Problem::usage(format!("{}: {message}", path.join(".")));
        for wrong in ["{repository: shop}", "{repository: 'acme/*'}", "{repository: a/b/c}", "{repository: '*/shop'}"] {
            let error = check(config(wrong, None).app.github.as_ref().unwrap(), &at).unwrap_err().to_string();
            assert!(error.contains("github.repository") && error.contains("owner/name"), "{error}");
        }
        for wrong in ["*", "", "preview", "a:b"] {
            let error = check_environment(&config("{repository: a/b}", Some(wrong)).env, &at).unwrap_err();
            assert!(error.to_string().contains("githubEnvironment"), "{error}");
        }
    }
}
