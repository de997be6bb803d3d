//! Where an action is allowed: on resources that bear the names of an environment. Pure.

use super::document::Condition;
use crate::releases::collect::PREFIXES;

/// Whose resources a role may touch.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) app: String,
    /// The environments: a name, or a pattern such as `pr-*`.
    pub(super) environments: String,
    pub(super) partition: String,
    pub(super) account: String,
    /// The environment's; `*` for a role of several regions.
    pub(super) region: String,
    /// Services whose buckets hold a site, which everybody may read.
    pub(super) sites: Vec<String>,
    /// Hosted zones whose records the role may change.
    pub(super) zones: Vec<String>,
    /// Services that roles of the templates trust.
    pub(super) trusted: Vec<String>,
    /// Whether the role only reads.
    pub(super) reads: bool,
}

/// Actions that know no resources, or that list all of them (Service Authorization Reference).
pub(super) const EVERYWHERE: [&str; 33] = [
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStacks", // of all stacks, where it looks for environments
    "cloudformation:ValidateTemplate",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListDashboards",
    "dynamodb:ListTables",
    "ec2:DescribeNetworkInterfaces",
    "iam:CreateServiceLinkedRole",
    "lambda:GetAccountSettings",
    "lambda:ListFunctions",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "route53:GetChange",
    "route53:ListHostedZones",
    "s3:ListAllMyBuckets",
    "secretsmanager:ListSecrets",
    "sqs:ListQueues",
    "tag:GetResources",
    "cloudfront:ListDistributions",
    "cloudfront:ListKeyGroups",
    "cloudfront:ListOriginAccessControls",
    "cloudfront:ListPublicKeys",
    "cloudfront:ListResponseHeadersPolicies",
    "cloudfront:CreateKeyGroup",
    "cloudfront:CreatePublicKey",
    "cloudfront:CreateOriginAccessControl",
];

/// Actions on a role that change what it may do: only under the boundary (IAM User Guide, "Permissions boundaries").
const BOUNDED: [&str; 6] = [
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
];

impl Scope {
    /// `app-environment-`, which all names of the environment begin with.
    pub(super) fn stem(&self) -> String {
        match self.environments.strip_suffix('*') {
            Some(start) => format!("{}-{start}", self.app),
            None => format!("{}-{}-", self.app, self.environments),
        }
    }

    pub(super) fn boundary(&self) -> String {
        self.global("iam", &format!("policy/{}-boundary", self.app))
    }

    fn global(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition, self.account)
    }

    fn regional(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }

    /// Where an action is allowed, and when; nowhere where nothing of the environment could need it.
    pub(super) fn place(&self, action: &str) -> Vec<(Vec<String>, Condition)> {
        if EVERYWHERE.contains(&action) {
            return vec![(vec!["*".to_owned()], Condition::new())];
        }
        let (service, verb) = action.split_once(':').unwrap_or((action, ""));
        let own = format!("{}*", self.stem());
        let plain = |resources: Vec<String>| vec![(resources, Condition::new())];
        match service {
            "apigateway" => {
                let start = format!("arn:{}:apigateway:{}::", self.partition, self.region);
                let paths = ["/apis", "/apis/*", "/tags/*"].map(|path| format!("{start}{path}"));
                vec![(paths.to_vec(), self.not_anothers())]
            }
            "cloudformation" => {
                let mut stacks = vec![self.regional(service, &format!("stack/{own}/*"))];
                // What account and region share is read by everybody, from its own region, and changed by none.
                if verb.starts_with("Get") || verb.starts_with("Describe") {
                    let shared = format!("stack/{}-bootstrap-*/*", self.app);
                    stacks.push(format!("arn:{}:{service}:*:{}:{shared}", self.partition, self.account));
                }
                plain(stacks)
            }
            "cloudfront" if verb.ends_with("Function") => plain(vec![self.global(service, &format!("function/{own}"))]),
            "cloudfront" => vec![(vec![self.global(service, "*")], self.not_anothers())],
            "cloudwatch" => {
                let named = |name: &str| self.global(service, &format!("dashboard/{name}"));
                let mut resources = vec![self.regional(service, &format!("alarm:{own}")), named(&own)];
                // The environment's own has its name and nothing after it.
                if !self.environments.contains('*') {
                    resources.push(named(&format!("{}-{}", self.app, self.environments)));
                }
                plain(resources)
            }
            "cognito-idp" => vec![(vec![self.regional(service, "userpool/*")], self.not_anothers())],
            "dynamodb" => plain(vec![self.regional(service, &format!("table/{own}"))]),
            "iam" => self.iam(action, &own),
            "lambda" => self.lambda(verb, &own),
            "logs" => {
                let groups = ["/aws/lambda/", "/aws/vendedlogs/apigateway/"];
                plain(groups.map(|start| self.regional(service, &format!("log-group:{start}{own}"))).to_vec())
            }
            "route53" if self.zones.is_empty() => vec![],
            "route53" => {
                let zone = |id: &String| format!("arn:{}:route53:::hostedzone/{id}", self.partition);
                plain(self.zones.iter().map(zone).collect())
            }
            "s3" => plain(self.buckets(verb, &own)),
            "secretsmanager" => {
                plain(vec![self.regional(service, &format!("secret:{}/{}/*", self.app, self.environments))])
            }
            "sqs" => plain(vec![self.regional(service, &own)]),
            // A service that no template has used so far: it works, and a review sees the `*`.
            _ => plain(vec!["*".to_owned()]),
        }
    }

    /// Ids of these services are random. Where a resource bears the tags of a stack, they must be the environment's; what
    /// has no tags, or none yet, is let through.
    fn not_anothers(&self) -> Condition {
        let tag = |name: &str, value: &str| (format!("aws:ResourceTag/{name}"), vec![value.to_owned()]);
        let tags = [tag("app", &self.app), tag("environment", &self.environments)];
        Condition::from([("StringLikeIfExists".to_owned(), tags.into())])
    }

    fn iam(&self, action: &str, own: &str) -> Vec<(Vec<String>, Condition)> {
        let roles = vec![self.global("iam", &format!("role/{own}"))];
        let equals = |key: &str, values: Vec<String>| {
            Condition::from([("StringEquals".to_owned(), [(key.to_owned(), values)].into())])
        };
        match action {
            // Nobody takes a boundary away.
            "iam:DeleteRolePermissionsBoundary" => vec![],
            "iam:PassRole" => vec![(roles, equals("iam:PassedToService", self.trusted.clone()))],
            bounded if BOUNDED.contains(&bounded) => {
                vec![(roles, equals("iam:PermissionsBoundary", vec![self.boundary()]))]
            }
            _ => vec![(roles, Condition::new())],
        }
    }

    fn lambda(&self, verb: &str, own: &str) -> Vec<(Vec<String>, Condition)> {
        let functions = (vec![self.regional("lambda", &format!("function:{own}"))], Condition::new());
        let mappings = (vec![self.regional("lambda", "event-source-mapping:*")], self.not_anothers());
        let arn = self.regional("lambda", &format!("function:{own}"));
        let of_functions =
            Condition::from([("ArnLike".to_owned(), [("lambda:FunctionArn".to_owned(), vec![arn])].into())]);
        match verb {
            "CreateEventSourceMapping" => vec![(vec!["*".to_owned()], of_functions)],
            "GetEventSourceMapping" | "UpdateEventSourceMapping" | "DeleteEventSourceMapping" => {
                vec![(mappings.0, of_functions)]
            }
            "TagResource" | "UntagResource" | "ListTags" => vec![functions, mappings],
            _ => vec![functions],
        }
    }

    /// The environment's buckets, and of the region's artifacts what is its own. Who only reads sees sites, never what users
    /// have stored.
    fn buckets(&self, verb: &str, own: &str) -> Vec<String> {
        let objects = verb.contains("Object") && !verb.contains("Configuration") || verb == "AbortMultipartUpload";
        let site = |site: &String| format!("{}*-{site}-*", self.stem());
        let mut names = if self.reads { self.sites.iter().map(site).collect() } else { vec![own.to_owned()] };
        if objects {
            for name in &mut names {
                name.push_str("/*");
            }
        }
        names.extend(self.artifacts(verb));
        names.iter().map(|name| format!("arn:{}:s3:::{name}", self.partition)).collect()
    }

    /// All environments of an account and region have one bucket of artifacts, and all of them read it (a promotion, those
    /// of other regions too). What is named by its hash everybody puts there and nobody takes away: pruning is no deploy.
    /// Records are written and deleted by their own environment alone.
    fn artifacts(&self, verb: &str) -> Vec<String> {
        let bucket = |region: &str| format!("{}-artifacts-{}-{region}", self.app, self.account);
        let below = |path: &String| format!("{}/{path}", bucket(&self.region));
        match verb {
            "ListBucket" => vec![bucket("*")],
            "GetObject" => vec![bucket("*") + "/*"],
            "PutObject" => {
                let hashed = PREFIXES.iter().map(|prefix| format!("{prefix}*"));
                hashed.chain(self.records()).map(|path| below(&path)).collect()
            }
            "DeleteObject" => self.records().iter().map(below).collect(),
            _ => vec![],
        }
    }

    /// Where the environment's records are: its releases, its hotswaps, and when it ends, which only a branch's has.
    fn records(&self) -> Vec<String> {
        let (place, name) = (format!("{}/{}", self.account, self.region), &self.environments);
        let mut records = vec![format!("releases/{place}/{name}/*"), format!("hotswap/{name}.json")];
        if name.contains('*') {
            records.push(format!("environments/{place}/{name}.json"));
        }
        records
    }
}
