//! What the documents do not list.

use serde_json::json;
use tests::contract::{Document, METHODS, SERVICES};
use tests::{Call, Deployment, User};

const ID: &str = "01989e3c-7a4b-7cc3-98c4-dc0c0c07398f";

#[test]
fn an_unlisted_method_is_an_unknown_route() {
    let user = User::new("methods");
    for service in SERVICES {
        let document = Document::of(service);
        for path in document.root()["paths"].as_object().unwrap().keys() {
            let path = path.replace("{userID}", &user.sub).replace("{todoID}", ID).replace("{fileID}", ID);
            // The gateway answers OPTIONS by itself, as a preflight.
            for method in METHODS.into_iter().filter(|method| *method != "OPTIONS") {
                if document.operation(method, &path).is_some() {
                    continue;
                }
                let url = format!("{}{path}", Deployment::get().output(service, "ApiUrl"));
                let answer = Call::new(method, &url).bearer(&user.access).send();
                assert_eq!(answer.status, 404, "{method} {url}");
                if method != "HEAD" {
                    assert_eq!(answer.json(), json!({"message": "Not Found"}), "{method} {url}");
                }
            }
        }
    }
}
