//! The deployer as its users run it: the built binary on a repository of its own, against an emulator of its own.
//! One emulator, so one test at a time: each takes the lock.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod accounts;
mod calls;
mod configuration;
mod environments;
mod guide;
mod hotswap;
mod keys;
mod killed;
mod lifecycle;
mod observe;
mod operations;
mod pipelines;
mod plan;
mod refusal;
mod releases;
mod repository;
mod restart;
mod roles;
mod sync;
mod terminal;
mod watch;
