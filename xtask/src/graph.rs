//! Which service needs which: derived from `inputs:` and from what a site names. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::App;

/// The stacks that each stack needs before it.
#[must_use]
pub fn producers(app: &App) -> BTreeMap<String, BTreeSet<String>> {
    app.services
        .iter()
        .map(|(name, service)| (name.clone(), service.inputs.values().map(|to| to.service.clone()).collect()))
        .collect()
}

/// Stack names so that each comes after its producers; `Err` holds a circle.
pub fn order(app: &App) -> Result<Vec<String>, Vec<String>> {
    let needs = producers(app);
    let mut done: Vec<String> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    for name in needs.keys() {
        visit(name, &needs, &mut done, &mut path)?;
    }
    Ok(done)
}

fn visit(
    name: &str,
    needs: &BTreeMap<String, BTreeSet<String>>,
    done: &mut Vec<String>,
    path: &mut Vec<String>,
) -> Result<(), Vec<String>> {
    if done.iter().any(|one| one == name) {
        return Ok(());
    }
    if let Some(start) = path.iter().position(|one| one == name) {
        let mut circle = path[start..].to_vec();
        circle.push(name.to_owned());
        return Err(circle);
    }
    path.push(name.to_owned());
    for producer in needs.get(name).into_iter().flatten() {
        visit(producer, needs, done, path)?;
    }
    path.pop();
    done.push(name.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputRef;
    use proptest::prelude::*;

    fn app(edges: &[(&str, &[&str])]) -> App {
        let services = edges.iter().map(|(name, needs)| {
            let inputs: BTreeMap<String, OutputRef> = needs
                .iter()
                .map(|to| (format!("From{to}"), OutputRef { service: (*to).into(), output: "X".into() }))
                .collect();
            let service = serde_json::json!({"stack": "stacks/x.yaml.tera", "inputs": inputs});
            ((*name).to_owned(), serde_json::from_value(service).unwrap())
        });
        App {
            previews: None,
            app: "demo".into(),
            default_environment: "local".into(),
            home_region: "eu-central-1".into(),
            branches: BTreeMap::new(),
            github: None,
            limits: BTreeMap::new(),
            releases: crate::config::Retention::default(),
            services: services.collect(),
        }
    }

    #[test]
    fn producers_come_before_their_consumers() {
        let app = app(&[("a", &["c"]), ("b", &["a", "c"]), ("c", &[]), ("d", &[])]);
        assert_eq!(order(&app).unwrap(), ["c", "a", "b", "d"]);
    }

    #[test]
    fn a_circle_is_named_in_full() {
        let app = app(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]);
        assert_eq!(order(&app).unwrap_err(), ["a", "b", "c", "a"]);
    }

    proptest! {
        #[test]
        fn every_acyclic_graph_is_ordered(edges in proptest::collection::vec((0_usize..8, 0_usize..8), 0..20)) {
            let names: Vec<String> = (0..8).map(|i| format!("s{i}")).collect();
            let spec: Vec<(&str, Vec<&str>)> = (0..8).map(|i| {
                let needs = edges.iter().filter(|(a, b)| *a.max(b) == i && a != b).map(|(a, b)| names[*a.min(b)].as_str());
                (names[i].as_str(), needs.collect())
            }).collect();
            let spec: Vec<(&str, &[&str])> = spec.iter().map(|(n, v)| (*n, v.as_slice())).collect();
            let app = app(&spec);
            let order = order(&app).unwrap();
            for (name, needs) in producers(&app) {
                let place = |n: &str| order.iter().position(|o| o == n).unwrap();
                prop_assert!(needs.iter().all(|p| place(p) < place(&name)));
            }
        }
    }
}
