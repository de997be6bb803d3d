//! What comes back through the CDN: every name, every type as an attachment, every size up to the largest.

use serde_json::json;
use tests::routes::EMPTY;
use tests::upload::{attach, attach_typed, list};
use tests::{Call, Deployment, User};

/// A name as a browser reads it from the header (RFC 5987, section 3.2).
fn name_in(disposition: &str) -> String {
    let encoded = disposition.strip_prefix("attachment; filename*=UTF-8''").unwrap();
    assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)), "{encoded}");
    percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap().into_owned()
}

#[test]
fn any_unicode_file_name_comes_back_intact() {
    let user = User::new("names");
    let todo = user.add_titled("with names");
    let longest = ["x".repeat(255), "é".repeat(255)];
    let names = [
        "🦀 crab 👩‍👩‍👧.png",
        "تقرير نهائي.pdf",
        "\u{202e}fdp.exe",
        "cafe\u{301} und café.txt",
        "a \"quoted\" 'name'; filename=evil.html",
        "100%25 %2F..%00.txt",
        "日本語のファイル名.txt",
        "no extension",
        " spaces around ",
        "...",
        "C:",
        "a+b&c=d#e?f*g~h|i<j>k.txt",
        "\u{feff}bom\u{200b}.txt",
        "\u{10ffff}",
        &longest[0],
        &longest[1],
    ];
    for name in names {
        let file = attach(&user, &todo, name, b"x");
        assert_eq!(file["fileName"], name);
        let download = Call::new("GET", file["filePath"].as_str().unwrap()).send();
        assert_eq!(download.status, 200, "{name}");
        assert_eq!(name_in(download.header("content-disposition")), name);
    }
    assert_eq!(list(&user, &todo).iter().map(|file| file["fileName"].as_str().unwrap()).collect::<Vec<_>>(), names);
}

#[test]
fn nothing_that_a_browser_could_run_runs_from_the_files_origin() {
    let user = User::new("types");
    let todo = user.add_titled("with active content");
    let script: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script></svg>";
    let types = [
        "text/html",
        "TEXT/HTML",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/javascript",
        "application/javascript",
        "text/xml",
        "application/xml",
        "application/pdf",
        "text/css",
        "application/wasm",
        "multipart/x-mixed-replace",
        "image/png",
        "application/octet-stream",
        "x/y",
    ];
    for kind in types {
        let file = attach_typed(&user, &todo, "run.html", kind, script);
        let download = Call::new("GET", file["filePath"].as_str().unwrap()).send();
        assert_eq!((download.status, download.body.as_slice()), (200, script), "{kind}");
        assert_eq!(download.header("content-type"), kind);
        assert!(download.header("content-disposition").starts_with("attachment;"), "{kind}");
        assert_eq!(download.header("x-content-type-options"), "nosniff", "{kind}");
        let policy = download.header("content-security-policy");
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'; sandbox", "{kind}");
        assert_eq!(download.header("x-frame-options"), "DENY", "{kind}");
        assert_eq!(download.header("access-control-allow-origin"), "", "{kind}");
    }
}

/// `limits.maxFileSize` of config/app.yaml, as the site was told it.
fn largest() -> usize {
    let site =
        |path: &str| Call::new("GET", format!("{}{path}", Deployment::get().output("frontend", "SiteOrigin"))).send();
    let html = site("/").text();
    let config = html.split("name=\"app-config\"").nth(1).unwrap().split('"').nth(1).unwrap().to_owned();
    usize::try_from(site(&config).json()["maxFileSize"].as_u64().unwrap()).unwrap()
}

#[test]
fn a_file_of_the_largest_size_goes_up_and_comes_down_and_one_byte_more_is_refused() {
    let user = User::new("largest");
    let todo = user.add_titled("with a large file");
    let largest = largest();
    assert_eq!(largest, 100 * 1024 * 1024);
    let announce = |size: usize| {
        let body = json!({"fileName": "a", "contentType": "text/plain", "size": size, "sha256": EMPTY});
        user.files("POST", &format!("/{todo}/files/upload")).json(&body).send()
    };
    assert!(announce(largest + 1).expect(422)["error"]["fields"]["size"].is_string());

    // Not all the same, and quick to make: the number of each eight bytes.
    let bytes: Vec<u8> = (0..largest as u64 / 8).flat_map(u64::to_le_bytes).collect();
    let file = attach_typed(&user, &todo, "large.bin", "application/octet-stream", &bytes);
    assert_eq!((file["size"].as_u64(), bytes.len()), (Some(largest as u64), largest));
    let download = Call::new("GET", file["filePath"].as_str().unwrap()).send();
    assert_eq!(download.status, 200);
    assert!(download.body == bytes, "the bytes differ");
    let id = file["fileID"].as_str().unwrap();
    assert_eq!(user.files("DELETE", &format!("/{todo}/files/{id}/delete")).send().status, 204);
}
