//! What operators see: logs that end, alarms, metrics, the dashboard.

use std::collections::BTreeSet;

use serde_yaml::Value;
use xtask::config::{Config, environments};
use xtask::render::Renderer;

use super::{every_stack, resources, root};

#[test]
fn every_log_group_ends() {
    every_stack(|config, service, _, template| {
        for (name, group) in resources(template, "AWS::Logs::LogGroup") {
            assert!(group["Properties"]["RetentionInDays"].is_number(), "{} {service} {name}", config.env.name);
        }
    });
}

#[test]
fn every_function_has_its_alarms_and_a_place_for_its_metrics() {
    every_stack(|config, service, _, template| {
        let alarms: BTreeSet<(String, String)> = resources(template, "AWS::CloudWatch::Alarm")
            .map(|(_, alarm)| &alarm["Properties"])
            .map(|alarm| (alarm["Dimensions"][0]["Value"].as_str(), alarm["MetricName"].as_str()))
            .filter_map(|(of, metric)| Some((of?.to_owned(), metric?.to_owned())))
            .collect();
        for (name, function) in resources(template, "AWS::Lambda::Function") {
            let place = format!("{} {service} {name}", config.env.name);
            let function = &function["Properties"];
            for metric in ["Errors", "Throttles"] {
                let wanted = (function["FunctionName"].as_str().unwrap().to_owned(), metric.to_owned());
                assert!(alarms.contains(&wanted), "{place}: {metric}");
            }
            let namespace = function["Environment"]["Variables"]["METRICS_NAMESPACE"].as_str();
            assert_eq!(namespace, Some(config.stack_name(service).as_str()), "{place}");
        }
    });
}

#[test]
fn alarms_tell_the_topic_of_the_environment_where_there_is_one() {
    let renderer = Renderer::load(&root()).unwrap();
    let topic = "arn:aws:sns:eu-central-1:222222222222:alarms";
    for wanted in [None, Some(topic)] {
        let mut config = Config::load(&root(), Some("prod")).unwrap();
        config.env.alarm_topic = wanted.map(str::to_owned);
        let mut seen = 0;
        for service in config.app.services.keys() {
            let template: Value = serde_yaml::from_str(&renderer.offline(&config, service).unwrap()).unwrap();
            for (name, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
                for actions in ["AlarmActions", "OKActions"] {
                    assert_eq!(alarm["Properties"][actions][0].as_str(), wanted, "{service} {name}");
                }
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen} alarms");
    }
}

#[test]
fn a_dashboard_is_json_and_shows_every_function() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for (name, dashboard) in resources(template, "AWS::CloudWatch::Dashboard") {
            let Value::Tagged(body) = &dashboard["Properties"]["DashboardBody"] else { panic!("{service} {name}") };
            let body = body.value.as_str().unwrap();
            let parsed: serde_json::Value =
                serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
            assert!(!parsed["widgets"].as_array().unwrap().is_empty());
            for (service, spec) in &config.app.services {
                for function in &spec.functions {
                    assert!(body.contains(&format!("{}-{function}", config.stack_name(service))), "{function}");
                }
            }
            seen.set(seen.get() + 1);
        }
    });
    assert_eq!(seen.get(), environments(&root()).len(), "one dashboard per environment");
}
