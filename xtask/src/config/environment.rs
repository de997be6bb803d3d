//! `config/<environment>.yaml`: where the application goes and how large it is there.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EMULATED_ACCOUNT;

/// The file as written: exactly one of `account` and `emulator`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Environment")]
pub struct EnvironmentFile {
    /// The AWS account, 12 digits in quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The AWS emulator on this machine instead of an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulator: Option<Emulator>,
    /// Profile of `~/.aws/config` whose credentials reach the account; without it, or where there is no such profile,
    /// the usual credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The GitHub environment that a job must name to deploy this one. Default: the file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github_environment: Option<String>,
    /// The AWS region.
    pub region: String,
    /// Deletion and termination protection, point-in-time recovery; `destroy` refuses.
    #[serde(default)]
    pub protected: bool,
    /// The functions' processor; the emulator runs this machine's own.
    #[serde(default)]
    pub architecture: Architecture,
    /// Size of the functions.
    pub functions: FunctionsFile,
    /// Overrides of `limits` in app.yaml.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// The site's own domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// ARN of the SNS topic that alarms go to; without one they only change their state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_topic: Option<String>,
    /// Who mails come from; without it AWS's own sender, which stops at 50 mails a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
}

/// The emulator's place.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emulator {
    /// TCP port on 127.0.0.1.
    #[schemars(range(min = 1024))]
    pub port: u16,
}

/// A processor architecture that Lambda offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Graviton: about 20 % less per GB-second (AWS Lambda pricing).
    #[default]
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// This machine's architecture, where it is one of Lambda's.
    #[must_use]
    pub fn host() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// CloudFormation's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// Settings of all functions, and exceptions by name.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionsFile {
    /// MB, 128 to 10,240 (AWS Lambda quotas).
    pub memory: u32,
    /// Seconds, 1 to 900 (AWS Lambda quotas).
    pub timeout: u32,
    /// Days that logs are kept; one of the values that CloudWatch Logs takes.
    pub retention: u32,
    /// Exceptions by function name.
    #[serde(default)]
    pub overrides: BTreeMap<String, FunctionOverride>,
}

/// What differs for one function.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionOverride {
    /// MB
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// Seconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// Days
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<u32>,
}

/// A custom domain. Its certificate is in us-east-1, as CloudFront wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Host name of the site.
    pub name: String,
    /// ARN of an ACM certificate in us-east-1. Without one `bootstrap` has it made, proven by the zone `hostedZoneId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_arn: Option<String>,
    /// Route 53 zone of this account that gets the alias record; none where DNS is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosted_zone_id: Option<String>,
}

/// A sender of mail that Amazon SES has verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mail {
    /// The sender, such as `no-reply@example.com` or `Example <no-reply@example.com>`.
    pub from: String,
    /// ARN of the verified identity: the address or its domain.
    pub identity_arn: String,
}

/// An environment with every default filled in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// The file's name without `.yaml`, or that of a branch's environment, which has no file.
    pub name: String,
    /// Of a branch's environment: the one whose file it goes by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// The branch that it was named by on the command line.
    #[serde(skip)]
    pub branch: Option<String>,
    /// Tags of its stacks beside those that every stack has; they never change.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// An account, or the emulator.
    #[serde(flatten)]
    pub target: Target,
    /// Profile of `~/.aws/config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The GitHub environment that a job must name, where that is not the environment's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_environment: Option<String>,
    /// The AWS region.
    pub region: String,
    /// Whether data and stacks are guarded against deletion.
    pub protected: bool,
    /// The functions' processor.
    pub architecture: Architecture,
    /// Size of the functions.
    pub functions: FunctionsFile,
    /// Overrides of the application's limits.
    pub limits: BTreeMap<String, u64>,
    /// The site's own domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// ARN of the SNS topic that alarms go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_topic: Option<String>,
    /// Who mails come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Mail>,
}

/// Where an environment lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// An AWS account; may be malformed until validated.
    Account(String),
    /// The emulator on this port of 127.0.0.1.
    Emulator(u16),
    /// Neither or both were given: refused by validation.
    #[serde(skip)]
    Ambiguous,
}

/// Memory, timeout and log retention of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionSettings {
    /// MB
    pub memory: u32,
    /// Seconds
    pub timeout: u32,
    /// Days
    pub retention: u32,
}

impl Environment {
    pub(super) fn resolve(name: &str, file: EnvironmentFile) -> Self {
        let target = match (file.account, file.emulator) {
            (Some(account), None) => Target::Account(account),
            (None, Some(emulator)) => Target::Emulator(emulator.port),
            _ => Target::Ambiguous,
        };
        let emulated = matches!(target, Target::Emulator(_));
        let host = Architecture::host().filter(|_| emulated);
        Self {
            name: name.to_owned(),
            like: None,
            branch: None,
            labels: BTreeMap::new(),
            target,
            profile: file.profile,
            github_environment: file.github_environment,
            region: file.region,
            protected: file.protected,
            architecture: host.unwrap_or(file.architecture),
            functions: file.functions,
            limits: file.limits,
            domain: file.domain,
            alarm_topic: file.alarm_topic,
            mail: file.mail,
        }
    }

    /// A branch's environment, like this one. Two sites cannot have one domain, so it has none.
    pub(super) fn for_branch(self, name: &str) -> Self {
        Self { like: Some(self.name), name: name.to_owned(), domain: None, ..self }
    }

    /// The name of the file that it comes from, without `.yaml`.
    #[must_use]
    pub fn file(&self) -> &str {
        self.like.as_ref().unwrap_or(&self.name)
    }

    /// The emulator's port, if the environment is emulated.
    #[must_use]
    pub fn emulator_port(&self) -> Option<u16> {
        match self.target {
            Target::Emulator(port) => Some(port),
            Target::Account(_) | Target::Ambiguous => None,
        }
    }

    /// What a person types to agree to a change: a protected environment wants its name.
    #[must_use]
    pub fn answer(&self) -> &str {
        if self.protected { &self.name } else { "yes" }
    }

    /// The emulator's endpoint, if the environment is emulated.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        self.emulator_port().map(|port| format!("http://127.0.0.1:{port}"))
    }

    /// The account number.
    #[must_use]
    pub fn account(&self) -> &str {
        match &self.target {
            Target::Account(account) => account,
            Target::Emulator(_) | Target::Ambiguous => EMULATED_ACCOUNT,
        }
    }

    /// The partition of the region (AWS General Reference, "Amazon Resource Names").
    #[must_use]
    pub fn partition(&self) -> &'static str {
        match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// Settings of one function.
    #[must_use]
    pub fn function(&self, name: &str) -> FunctionSettings {
        let own = self.functions.overrides.get(name).cloned().unwrap_or_default();
        FunctionSettings {
            memory: own.memory.unwrap_or(self.functions.memory),
            timeout: own.timeout.unwrap_or(self.functions.timeout),
            retention: own.retention.unwrap_or(self.functions.retention),
        }
    }
}

/// What the names of a partition's hosts end with; none of a partition that is not known here.
#[must_use]
pub fn dns_suffix(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" | "aws-us-gov" => Some("amazonaws.com"),
        "aws-cn" => Some("amazonaws.com.cn"),
        _ => None,
    }
}
