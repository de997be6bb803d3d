//! The OpenAPI documents by themselves; that the running APIs keep them is what the end-to-end tests show.

use serde_json::Value;
use tests::contract::{Document, repository};

/// Calls `see` with every object of a document that has a schema and examples of it, or is a schema with examples.
fn every_example(value: &Value, see: &mut impl FnMut(&Value, &Value)) {
    if let (Some(schema), Some(example)) = (value.get("schema"), value.get("example")) {
        see(schema, example);
    }
    for example in value["examples"].as_array().into_iter().flatten() {
        see(value, example);
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|field| every_example(field, see)),
        Value::Array(items) => items.iter().for_each(|item| every_example(item, see)),
        _ => {}
    }
}

#[test]
fn every_example_is_valid_by_its_schema() {
    for document in Document::all() {
        let mut seen = 0;
        every_example(document.root(), &mut |schema, example| {
            let problem = document.validator(schema).validate(example).err().map(|error| error.to_string());
            assert_eq!(problem, None, "{example}");
            seen += 1;
        });
        assert!(seen > 20, "only {seen} examples");
    }
}

#[test]
fn every_object_in_a_body_refuses_unknown_fields() {
    for document in Document::all() {
        for (method, path, operation) in document.operations() {
            let body = &operation.object()["requestBody"];
            if body.is_object() {
                let content = body["content"].as_object().unwrap();
                assert_eq!(content.keys().collect::<Vec<_>>(), ["application/json"], "{method} {path}");
                assert_eq!(content["application/json"]["schema"]["additionalProperties"], false, "{method} {path}");
            }
        }
    }
}

#[test]
fn every_operation_lists_what_the_gateway_may_answer_before_it_and_in_its_stead() {
    for document in Document::all() {
        for (method, path, operation) in document.operations() {
            for status in ["401", "403", "404", "429", "500", "5XX"] {
                assert!(operation.object()["responses"][status].is_object(), "{method} {path} {status}");
            }
        }
    }
}

#[test]
fn the_documents_say_the_same_of_what_they_share() {
    let [one, other] = Document::all() else { panic!("two documents") };
    let mut shared = 0;
    for (kind, parts) in one.root()["components"].as_object().unwrap() {
        for (name, part) in parts.as_object().unwrap() {
            if let Some(twin) = other.root()["components"][kind].get(name) {
                assert_eq!(part, twin, "{kind} {name}");
                shared += 1;
            }
        }
    }
    assert!(shared > 20, "only {shared} shared components");
}

#[test]
fn the_largest_file_is_that_of_the_configuration() {
    let text = std::fs::read_to_string(repository().join("config/app.yaml")).unwrap();
    let app: Value = serde_yaml::from_str(&text).unwrap();
    let largest = &Document::of("files").root()["components"]["schemas"]["Size"]["maximum"];
    assert_eq!(largest, &app["limits"]["maxFileSize"]);
}

#[test]
fn a_path_is_the_most_literal_one_that_has_the_method() {
    let id = |method: &str, path: &str| {
        let (operation, parameters) = Document::of("todos").operation(method, path)?;
        Some((operation.object()["operationId"].as_str().unwrap(), parameters.len()))
    };
    assert_eq!(id("POST", "/u/todos/add"), Some(("addTodo", 1)));
    assert_eq!(id("GET", "/u/todos/add"), Some(("getTodo", 2)));
    assert_eq!(id("DELETE", "/u/todos/1/delete"), Some(("deleteTodo", 2)));
    for (method, path) in [("PUT", "/u/todos"), ("GET", "//todos"), ("GET", "/u/todos/"), ("GET", "/u/todos/1/2/3")] {
        assert_eq!(id(method, path), None, "{method} {path}");
    }
}
