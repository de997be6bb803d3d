//! How an environment's functions are built: profile, target, builder. Pure.

use crate::config::{Architecture, Config};

/// Newest glibc that a function may need: provided.al2023 has 2.34 (AWS Lambda, "OS-only runtimes").
pub(super) const GLIBC_MAX: (u32, u32) = (2, 34);

/// A profile and a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether the release profile is used; the emulator gets the dev build that the deployer itself shares.
    pub release: bool,
    /// The functions' processor.
    pub architecture: Architecture,
    /// Whether this machine can build for the target without a cross toolchain.
    pub native: bool,
}

impl Plan {
    /// The plan for an environment on this machine.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let release = Self::release_for(config.env.architecture);
        if config.env.endpoint().is_some() { Self { release: false, native: true, ..release } } else { release }
    }

    /// What AWS gets, built for a processor of choice instead of the environment's.
    #[must_use]
    pub fn release_for(architecture: Architecture) -> Self {
        let linux = cfg!(all(target_os = "linux", target_env = "gnu"));
        Self { release: true, architecture, native: linux && Architecture::host() == Some(architecture) }
    }

    /// The Rust target on AWS.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self.architecture {
            Architecture::Arm64 => "aarch64-unknown-linux-gnu",
            Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// What enters the digest beside the sources.
    #[must_use]
    pub fn label(self) -> String {
        format!("{} {}", if self.release { "release" } else { "dev" }, self.triple())
    }
}
