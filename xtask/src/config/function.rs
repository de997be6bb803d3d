//! Finds a function by the name that a person types.

use super::App;
use crate::error::{Problem, suggestion};

/// The service and the name of a function, given as `function` or as `service/function`.
///
/// # Errors
/// A wrong command line where there is no such function, or where several services have one of this name.
pub fn find_function<'a>(app: &'a App, asked: &str) -> Result<(&'a str, &'a str), Problem> {
    let all: Vec<(&str, &str)> = app
        .services
        .iter()
        .flat_map(|(service, spec)| spec.functions.iter().map(move |function| (service.as_str(), function.as_str())))
        .collect();
    let full = |(service, function): &(&str, &str)| format!("{service}/{function}");
    let found: Vec<_> = all.iter().filter(|one| one.1 == asked || full(one) == asked).collect();
    match found.as_slice() {
        [one] => Ok(**one),
        [] => {
            let names: Vec<String> = if asked.contains('/') {
                all.iter().map(full).collect()
            } else {
                all.iter().map(|(_, function)| (*function).to_owned()).collect()
            };
            let hint = suggestion(asked, "functions", &names);
            Err(Problem::usage(format!("no function `{asked}` in config/app.yaml")).hint(hint))
        }
        several => {
            let names: Vec<String> = several.iter().map(|one| format!("`{}`", full(one))).collect();
            Err(Problem::usage(format!("several services have a function `{asked}`"))
                .hint(format!("name one of {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Exit, exit_of, hints};

    fn app() -> App {
        serde_yaml::from_str(
            "{app: demo, defaultEnvironment: dev, homeRegion: r, services: {
               orders: {stack: s, crate: orders, functions: [addOrder, sweep]},
               bills: {stack: s, crate: bills, functions: [addBill, sweep]}}}",
        )
        .unwrap()
    }

    fn refused(asked: &str) -> String {
        let error = anyhow::Error::from(find_function(&app(), asked).unwrap_err());
        assert_eq!(exit_of(&error), Exit::Usage);
        hints(&error).collect()
    }

    #[test]
    fn a_function_is_found_by_its_own_or_its_full_name() {
        assert_eq!(find_function(&app(), "addOrder").unwrap(), ("orders", "addOrder"));
        assert_eq!(find_function(&app(), "bills/sweep").unwrap(), ("bills", "sweep"));
    }

    #[test]
    fn a_slip_of_the_hand_gets_the_nearest_name() {
        assert_eq!(refused("addOder"), "did you mean `addOrder`?");
        assert_eq!(refused("bill/sweep"), "did you mean `bills/sweep`?");
        assert_eq!(refused("banana"), "functions: addBill, sweep, addOrder, sweep");
    }

    #[test]
    fn a_name_of_two_services_is_asked_back() {
        assert_eq!(refused("sweep"), "name one of `bills/sweep`, `orders/sweep`");
    }
}
