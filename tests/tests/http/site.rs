//! The site as its visitors' browsers get it.

use tests::{Call, Deployment, Response};

fn get(path: &str) -> Response {
    Call::new("GET", format!("{}{path}", Deployment::get().output("frontend", "SiteOrigin"))).send()
}

/// The value of the first `name="…"` after `from`.
fn attribute<'a>(html: &'a str, from: &str, name: &str) -> &'a str {
    let rest = &html[html.find(from).unwrap_or_else(|| panic!("no `{from}` in {html}"))..];
    let start = rest.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    &rest[start..start + rest[start..].find('"').unwrap()]
}

#[test]
fn every_route_of_the_app_is_the_one_document_and_what_it_names_is_there() {
    let index = get("/");
    assert_eq!(index.status, 200);
    assert!(index.header("content-type").starts_with("text/html"));
    assert!(index.header("cache-control").contains("no-cache"), "{}", index.header("cache-control"));
    let html = index.text();
    assert_eq!(get("/todos").text(), html);
    assert_eq!(get("/todos/0190a5b0-0000-7000-8000-000000000000").text(), html);

    let script = attribute(&html, "<script", "src");
    let config = attribute(&html, "name=\"app-config\"", "content");
    for path in [script, config] {
        let answer = get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("cache-control").contains("immutable"), "{path}");
    }
    assert_eq!(get(config).json()["todosApiUrl"], Deployment::get().output("todos", "ApiUrl"));
    assert!(get("/assets/missing.js").status >= 400);
}

#[test]
fn the_headers_and_the_document_keep_scripts_and_hosts_in_check() {
    let index = get("/");
    assert_eq!(index.header("x-content-type-options"), "nosniff");
    assert!(index.header("content-security-policy").contains("script-src 'self'"));
    assert!(index.header("content-security-policy").contains("frame-ancestors 'none'"));
    let html = index.text();
    let meta = attribute(&html, "http-equiv=\"Content-Security-Policy\"", "content");
    for (service, output) in [("todos", "ApiUrl"), ("files", "ApiUrl"), ("files", "UploadOrigin")] {
        assert!(meta.contains(Deployment::get().output(service, output)), "{service}.{output} in {meta}");
    }
    assert!(!meta.contains('*'), "{meta}");
}

#[test]
fn the_sites_bucket_is_not_readable_beside_the_cdn() {
    let bucket = Deployment::get().output("frontend", "BucketName");
    let endpoint = Deployment::get().output("aws", "endpoint");
    assert_eq!(Call::new("GET", format!("{endpoint}/{bucket}/index.html")).send().status, 403);
    assert_eq!(Call::new("GET", format!("{endpoint}/{bucket}")).send().status, 403);
}
