//! Deployer.
