//! Which services a deploy touches. Pure.

use std::collections::BTreeSet;

use crate::config::App;
use crate::error::{Problem, suggestion};
use crate::graph;

/// Whether there are services of these names.
pub(crate) fn known(app: &App, asked: &[String]) -> Result<(), Problem> {
    let Some(unknown) = asked.iter().find(|name| !app.services.contains_key(*name)) else { return Ok(()) };
    let hint = suggestion(unknown, "services", app.services.keys());
    Err(Problem::usage(format!("no service `{unknown}` in config/app.yaml")).hint(hint))
}

/// The services to deploy in full: those asked for (all, if none) and the producers they lack.
pub(crate) fn in_full(app: &App, asked: &[String], deployed: &BTreeSet<String>) -> Result<BTreeSet<String>, Problem> {
    if asked.is_empty() {
        return Ok(app.services.keys().cloned().collect());
    }
    known(app, asked)?;
    let mut scope: BTreeSet<String> = asked.iter().cloned().collect();
    let producers = graph::producers(app);
    let mut open: Vec<String> = scope.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for producer in producers.get(&name).into_iter().flatten() {
            if !deployed.contains(producer) && scope.insert(producer.clone()) {
                open.push(producer.clone());
            }
        }
    }
    Ok(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        serde_yaml::from_str(
            "app: demo\ndefaultEnvironment: local\nhomeRegion: eu-central-1\nservices:\n  users: {stack: s}\n  orders: {stack: s, inputs: {A: users.X}}\n  mail: {stack: s, inputs: {A: orders.X}}\n",
        )
        .unwrap()
    }

    fn scope(asked: &[&str], deployed: &[&str]) -> Vec<String> {
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        in_full(&app(), &names(asked), &names(deployed).into_iter().collect()).unwrap().into_iter().collect()
    }

    #[test]
    fn none_asked_for_means_all() {
        assert_eq!(scope(&[], &[]), ["mail", "orders", "users"]);
    }

    #[test]
    fn producers_come_along_only_where_they_are_lacking() {
        assert_eq!(scope(&["mail"], &["orders", "users"]), ["mail"]);
        assert_eq!(scope(&["mail"], &["orders"]), ["mail"]);
        assert_eq!(scope(&["mail"], &[]), ["mail", "orders", "users"]);
    }

    #[test]
    fn an_unknown_service_is_a_usage_error_with_the_nearest_name() {
        let error = in_full(&app(), &["order".to_owned()], &BTreeSet::new()).unwrap_err();
        assert!(error.to_string().contains("no service `order`"));
    }
}
