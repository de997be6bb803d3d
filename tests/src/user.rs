//! A person with an account: signed up, confirmed and signed in by SRP, as the app client demands.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito_srp::SrpClient;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Call, Deployment, Response};

/// The code that the emulator sends to every new user.
const CONFIRMATION_CODE: &str = "123456";

/// A signed-in user.
#[derive(Debug)]
pub struct User {
    /// The `sub` claim.
    pub sub: String,
    /// The access token: what the APIs want.
    pub access: String,
    /// The id token: what the APIs refuse.
    pub id: String,
    /// The address it signed up with.
    pub email: String,
    password: String,
}

impl User {
    /// Signs a new user up and in.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let (email, password) = sign_up(Deployment::get().output("auth", "UserPoolClientId"), name);
        Self::signed_in(email, password)
    }

    /// The same user after signing in once more, with the same password.
    #[must_use]
    pub fn sign_in_again(&self) -> Self {
        Self::signed_in(self.email.clone(), self.password.clone())
    }

    fn signed_in(email: String, password: String) -> Self {
        let deployment = Deployment::get();
        let (pool, client) = (deployment.output("auth", "UserPoolId"), deployment.output("auth", "UserPoolClientId"));
        let tokens = sign_in(pool, client, &email, &password);
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let access = text("AccessToken");
        Self { sub: claims(&access)["sub"].as_str().unwrap().to_owned(), access, id: text("IdToken"), email, password }
    }

    /// What this user's pool gives for another of its app clients.
    #[must_use]
    pub fn tokens_for(&self, client: &str) -> Value {
        sign_in(Deployment::get().output("auth", "UserPoolId"), client, &self.email, &self.password)
    }

    /// A call to the todos API with this user's token; `path` follows `/{userID}/todos`.
    pub fn todos(&self, method: &'static str, path: &str) -> Call {
        self.call(method, "todos", &format!("/{}/todos{path}", self.sub))
    }

    /// A call to the files API with this user's token; `path` follows the API's URL.
    pub fn files(&self, method: &'static str, path: &str) -> Call {
        self.call(method, "files", path)
    }

    /// A call to any API with this user's token.
    pub fn call(&self, method: &'static str, service: &str, path: &str) -> Call {
        Call::new(method, format!("{}{path}", Deployment::get().output(service, "ApiUrl"))).bearer(&self.access)
    }

    /// Adds a todo and returns it.
    #[must_use]
    pub fn add(&self, body: &Value) -> Value {
        self.todos("POST", "/add").json(body).send().expect(201)
    }

    /// Adds a todo with a title and returns its id.
    #[must_use]
    pub fn add_titled(&self, title: &str) -> String {
        self.add(&json!({"title": title}))["todoID"].as_str().unwrap().to_owned()
    }

    /// Lists a page; `query` starts with `?` or is empty.
    #[must_use]
    pub fn list(&self, query: &str) -> Value {
        self.todos("GET", query).send().expect(200)
    }
}

/// The claims of a token, unverified.
#[must_use]
pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Signs a new user up with an app client and confirms the address; returns address and password.
pub(crate) fn sign_up(client: &str, name: &str) -> (String, String) {
    let email = format!("{name}-{}@example.com", Uuid::new_v4());
    let password = format!("Correct horse 1 {}", Uuid::new_v4());
    let attributes = [json!({"Name": "email", "Value": email})];
    let body = json!({"ClientId": client, "Username": email, "Password": password, "UserAttributes": attributes});
    cognito("SignUp", &body);
    let body = json!({"ClientId": client, "Username": email, "ConfirmationCode": CONFIRMATION_CODE});
    cognito("ConfirmSignUp", &body);
    (email, password)
}

/// Signs in by SRP.
pub(crate) fn sign_in(pool: &str, client: &str, email: &str, password: &str) -> Value {
    let started = initiate(client, &SrpClient::new(email, password, pool, client, None));
    // The proof is computed over the user's internal name, which only the challenge tells.
    let name = started["ChallengeParameters"]["USER_ID_FOR_SRP"].as_str().unwrap().to_owned();
    let srp = SrpClient::new(&name, password, pool, client, None);
    let challenge = initiate(client, &srp);
    let parameters: HashMap<String, String> = serde_json::from_value(challenge["ChallengeParameters"].clone()).unwrap();
    let responses = srp.process_challenge(parameters).unwrap();
    let answer = cognito(
        "RespondToAuthChallenge",
        &json!({"ClientId": client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses}),
    );
    answer["AuthenticationResult"].clone()
}

fn initiate(client: &str, srp: &SrpClient<'_>) -> Value {
    let parameters = srp.get_auth_params().unwrap();
    cognito("InitiateAuth", &json!({"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters}))
}

fn cognito(action: &str, body: &Value) -> Value {
    let answer: Response = Call::new("POST", Deployment::get().output("auth", "Endpoint"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", &format!("AWSCognitoIdentityProviderService.{action}"))
        .body(body.to_string())
        .send();
    answer.expect(200)
}
