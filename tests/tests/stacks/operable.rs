//! What operators see: logs that end, alarms, metrics, the dashboard.

use std::collections::BTreeSet;

use serde_yaml::Value;
use xtask::config::{Config, environments};
use xtask::render::Renderer;

use super::{every_stack, resources, root, roots};

/// A function's log group is named by it; an API's carries no override.
#[test]
fn every_log_group_ends_when_the_configuration_says() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for (name, group) in resources(template, "AWS::Logs::LogGroup") {
            let days = group["Properties"]["RetentionInDays"].as_u64();
            let wanted = config.env.function(name.strip_suffix("LogGroup").unwrap()).retention;
            assert_eq!(days, Some(wanted.into()), "{} {service} {name}", config.env.name);
            seen.set(seen.get() + 1);
        }
    });
    assert!(seen.get() > 40, "{} log groups", seen.get());
}

#[test]
fn every_table_forgets_what_has_expired() {
    let seen = std::cell::Cell::new(0);
    every_stack(|config, service, _, template| {
        for (name, table) in resources(template, "AWS::DynamoDB::Table") {
            let expiry = &table["Properties"]["TimeToLiveSpecification"];
            let told = (expiry["AttributeName"].as_str(), expiry["Enabled"].as_bool());
            assert_eq!(told, (Some("expiresAt"), Some(true)), "{} {service} {name}", config.env.name);
            seen.set(seen.get() + 1);
        }
    });
    // Two, and in the copy one more.
    assert_eq!(seen.get(), 5 * environments(&root()).len());
}

/// An alarm by its metric, its statistic and its first dimension's value; empty where it has none.
fn alarms(template: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| serde_yaml::to_string(value).unwrap().trim().to_owned();
    resources(template, "AWS::CloudWatch::Alarm")
        .map(|(_, alarm)| &alarm["Properties"])
        .map(|alarm| {
            let of = &alarm["Dimensions"][0]["Value"];
            let of = if of.is_null() { String::new() } else { text(of) };
            let statistic = ["Statistic", "ExtendedStatistic"].into_iter().find_map(|name| alarm[name].as_str());
            (alarm["MetricName"].as_str().unwrap().to_owned(), statistic.unwrap().to_owned(), of)
        })
        .collect()
}

#[test]
fn every_api_queue_of_failures_and_stream_has_its_alarms() {
    let seen = std::cell::Cell::new([0; 3]);
    every_stack(|config, service, _, template| {
        let alarms = alarms(template);
        let demand = |metric: &str, statistic: &str, of: String| {
            let wanted = (metric.to_owned(), statistic.to_owned(), of);
            assert!(alarms.contains(&wanted), "{} {service}: {wanted:?} is not among {alarms:?}", config.env.name);
        };
        let mut count = seen.get();
        for (name, _) in resources(template, "AWS::ApiGatewayV2::Api") {
            demand("5xx", "Sum", format!("!Ref {name}"));
            demand("Latency", "p99", format!("!Ref {name}"));
            demand("throttled", "Sum", String::new());
            count[0] += 1;
        }
        let redrives = resources(template, "AWS::SQS::Queue")
            .map(|(_, queue)| &queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]);
        let failures = resources(template, "AWS::Lambda::EventInvokeConfig")
            .map(|(_, one)| &one["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]);
        for target in redrives.chain(failures).filter(|target| !target.is_null()) {
            let Value::Tagged(target) = target else { panic!("{service}: {target:?}") };
            let queue = target.value.as_str().unwrap().strip_suffix(".Arn").unwrap();
            demand("ApproximateNumberOfMessagesVisible", "Maximum", format!("!GetAtt {queue}.QueueName"));
            count[1] += 1;
        }
        for (_, source) in resources(template, "AWS::Lambda::EventSourceMapping") {
            let properties = &source["Properties"];
            let Value::Tagged(function) = &properties["FunctionName"] else { panic!("{service}: {source:?}") };
            // Only a stream has a place to start from.
            if !properties["StartingPosition"].is_null() {
                demand("IteratorAge", "Maximum", format!("!Ref {}", function.value.as_str().unwrap()));
                count[2] += 1;
            }
        }
        seen.set(count);
    });
    // Two, two and one, in both; the copy has one API more.
    assert_eq!(seen.get(), [5, 4, 2].map(|each| each * environments(&root()).len()));
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
    assert_eq!(seen.get(), roots().len() * environments(&root()).len(), "one dashboard per environment");
}
