//! How this program is linked.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| var(format!("CARGO_CFG_TARGET_{name}")).is_ok_and(|found| found == value);
    // At a fixed address nothing is to be relocated at each start: 10 MB less memory, of which a sync has little else, and a
    // start that is faster for it.
    let fixed =
        var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|features| features.split(',').any(|one| one == "crt-static"));
    if is("OS", "linux") && is("ENV", "gnu") && !fixed {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
