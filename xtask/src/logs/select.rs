//! Which log groups belong to which functions.

use super::Source;
use crate::config::{App, find_function};
use crate::deploy::scope;
use crate::error::Problem;

/// The log groups of the functions asked for, or of all. A function of the same name in two services is told apart.
///
/// # Errors
/// A wrong command line where a name is unknown, or where nothing is left.
pub fn sources(app: &App, prefix: &str, services: &[String], functions: &[String]) -> Result<Vec<Source>, Problem> {
    scope::known(app, services)?;
    let named: Vec<_> = functions.iter().map(|name| find_function(app, name)).collect::<Result<_, _>>()?;
    let all = app.services.iter().flat_map(|(service, spec)| spec.functions.iter().map(move |one| (service, one)));
    let all: Vec<_> = all.collect();
    let chosen = all.iter().filter(|(service, function)| {
        (services.is_empty() || services.contains(service))
            && (named.is_empty() || named.contains(&(service.as_str(), function.as_str())))
    });
    let sources: Vec<Source> = chosen
        .map(|(service, function)| {
            let twins = all.iter().filter(|(_, other)| other == function).count();
            Source {
                label: if twins > 1 { format!("{service}/{function}") } else { (*function).clone() },
                group: format!("/aws/lambda/{prefix}-{service}-{function}"),
            }
        })
        .collect();
    if sources.is_empty() {
        return Err(Problem::usage("none of these services has such a function").hint("look at config/app.yaml"));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(services: &[&str], functions: &[&str]) -> Result<Vec<Source>, Problem> {
        let app = serde_yaml::from_str(
            "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {
               bills: {stack: s, crate: b, functions: [add, sweep]},
               orders: {stack: s, crate: o, functions: [sweep, get]}}}",
        );
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        sources(&app.unwrap(), "demo-dev", &owned(services), &owned(functions))
    }

    fn labels(services: &[&str], functions: &[&str]) -> Vec<String> {
        find(services, functions).unwrap().into_iter().map(|source| source.label).collect()
    }

    #[test]
    fn all_functions_are_read_unless_some_are_named() {
        assert_eq!(labels(&[], &[]), ["add", "bills/sweep", "orders/sweep", "get"]);
        assert_eq!(labels(&["orders"], &[]), ["orders/sweep", "get"]);
        assert_eq!(labels(&[], &["bills/sweep", "get"]), ["bills/sweep", "get"]);
        assert_eq!(find(&[], &["get"]).unwrap()[0].group, "/aws/lambda/demo-dev-orders-get");
    }

    #[test]
    fn names_that_are_unknown_or_fit_nothing_are_refused() {
        for (services, functions) in [(vec!["orders"], vec!["add"]), (vec!["order"], vec![]), (vec![], vec!["ad"])] {
            assert!(find(&services, &functions).is_err(), "{services:?} {functions:?}");
        }
    }
}
