//! The deployer. A pure core (`config`, `graph`, `render`, `build::digest`, `site-sync`), thin adapters (`aws`, `local`),
//! and commands that join them. Nothing in here knows what the application is about.

pub mod affected;
pub mod aws;
pub mod backup;
pub mod build;
pub mod child;
pub mod ci;
pub mod cli;
pub mod commands;
pub mod config;
pub mod deploy;
pub mod destroy;
pub mod detach;
pub mod digest;
pub mod drift;
pub mod error;
mod files;
pub mod graph;
pub mod hotswap;
pub mod iam;
pub mod keys;
pub mod local;
mod lock;
pub mod logs;
pub mod plan;
pub mod preflight;
pub mod previews;
pub mod recorder;
pub mod releases;
pub mod render;
pub mod scaffold;
pub mod site;
pub mod status;
pub mod ui;
pub mod watch;
