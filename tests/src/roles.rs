//! The functions' roles as IAM has them, and their policies with one right less.

use serde_json::{Value, json};

use crate::Deployment;
use crate::aws::{iam, put_role_policy, role_policy, texts};

/// The one inline policy of each role.
pub const POLICY: &str = "own";

/// A function's role.
#[derive(Debug)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The function's name in the configuration.
    pub function: String,
    /// The function's name in the account.
    pub full_name: String,
    /// Its policy, as deployed.
    pub policy: Value,
}

/// Every role of the environment. One that is no function's, or has other policies, fails.
#[must_use]
pub fn roles() -> Vec<Role> {
    let prefix = format!("{}-", Deployment::get().prefix());
    let xml = iam("ListRoles", &[("MaxItems", "1000")]);
    assert_ne!(texts(&xml, "IsTruncated"), ["true"], "more than a page of roles");
    let names = texts(&xml, "RoleName").into_iter().filter(|name| name.starts_with(&prefix));
    let roles: Vec<Role> = names.map(|name| role(&prefix, name)).collect();
    assert!(roles.len() >= 14, "{roles:?}");
    roles
}

impl Role {
    /// The role of a function.
    #[must_use]
    pub fn of(function: &str) -> Self {
        roles().into_iter().find(|role| role.function == function).unwrap_or_else(|| panic!("no role of `{function}`"))
    }

    /// Gives it another policy until the result is dropped.
    #[must_use]
    pub fn changed<'a>(&'a self, policy: &Value) -> Restored<'a> {
        put_role_policy(&self.name, POLICY, policy);
        Restored(self)
    }

    /// Takes an action from it until the result is dropped.
    #[must_use]
    pub fn without<'a>(&'a self, action: &str) -> Restored<'a> {
        let right = rights(&self.policy).into_iter().find(|right| right.action == action);
        self.changed(&right.unwrap_or_else(|| panic!("{self:?} has no {action}")).removed(&self.policy))
    }
}

/// Puts a role's own policy back, whatever happens.
#[derive(Debug)]
pub struct Restored<'a>(&'a Role);

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        put_role_policy(&self.0.name, POLICY, &self.0.policy);
    }
}

fn role(prefix: &str, name: String) -> Role {
    // `todo-test-todos-getTodosRole-1A2B3C`: stack, logical name, generated.
    let mut parts = name[prefix.len()..].split('-');
    let (service, logical) = (parts.next().unwrap(), parts.next().unwrap());
    let function = logical.strip_suffix("Role").unwrap_or_else(|| panic!("`{name}` is no function's role")).to_owned();
    assert_eq!(texts(&iam("ListRolePolicies", &[("RoleName", &name)]), "member"), [POLICY]);
    assert_eq!(texts(&iam("ListAttachedRolePolicies", &[("RoleName", &name)]), "PolicyArn"), [""; 0]);
    Role { full_name: format!("{prefix}{service}-{function}"), policy: role_policy(&name, POLICY), function, name }
}

/// One action of one statement.
#[derive(Debug)]
pub struct Right {
    statement: usize,
    /// The action, such as `s3:GetObject`.
    pub action: String,
}

/// All rights that a policy gives.
#[must_use]
pub fn rights(policy: &Value) -> Vec<Right> {
    let statements = policy["Statement"].as_array().unwrap().iter().enumerate();
    let of = |(statement, body): (usize, &Value)| {
        assert_eq!(body["Effect"], "Allow");
        actions(body).into_iter().map(move |action| Right { statement, action })
    };
    statements.flat_map(of).collect()
}

fn actions(statement: &Value) -> Vec<String> {
    match &statement["Action"] {
        Value::Array(all) => all.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

impl Right {
    /// The policy without this right.
    #[must_use]
    pub fn removed(&self, policy: &Value) -> Value {
        let mut policy = policy.clone();
        let statements = policy["Statement"].as_array_mut().unwrap();
        let mut left = actions(&statements[self.statement]);
        left.retain(|action| *action != self.action);
        if left.is_empty() {
            statements.remove(self.statement);
        } else {
            statements[self.statement]["Action"] = json!(left);
        }
        policy
    }

    /// The policy with this right on another resource of the same service; none where it is on all of them.
    #[must_use]
    pub fn moved(&self, policy: &Value) -> Option<Value> {
        let resource = policy["Statement"][self.statement]["Resource"].as_str().unwrap();
        if resource == "*" {
            return None;
        }
        let service: Vec<&str> = resource.splitn(6, ':').take(5).collect();
        let elsewhere = format!("{}:elsewhere", service.join(":"));
        let mut policy = self.removed(policy);
        let right = json!({"Effect": "Allow", "Action": [self.action], "Resource": elsewhere});
        policy["Statement"].as_array_mut().unwrap().push(right);
        Some(policy)
    }
}
