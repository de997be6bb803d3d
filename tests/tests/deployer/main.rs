//! The deployer as its users run it: the built binary, against an emulator.
fn main() {}
