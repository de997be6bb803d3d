//! Deployer.
fn main() {}
