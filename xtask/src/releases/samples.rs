//! Releases for tests, in a line each.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::record::{Action, Code, Commit, Made, Object, Record, Release, SiteRecord, VERSION};
use crate::config::Architecture;

/// A release by its id, made that many hours after the epoch.
pub(crate) fn release(id: u64) -> Release {
    let at = Timestamp::from_second(i64::try_from(id).unwrap() * 3_600).unwrap();
    let made = Made { at, by: "arn:aws:iam::1:user/ann".into(), milliseconds: 1_500, action: Action::Deploy };
    Release { version: VERSION, id, environment: "dev".into(), made, complete: true, services: BTreeMap::new() }
}

pub(crate) fn history(all: impl IntoIterator<Item = Release>) -> BTreeMap<u64, Release> {
    all.into_iter().map(|one| (one.id, one)).collect()
}

impl Release {
    /// A service that this release brought, with this code.
    pub(crate) fn with(self, service: &str, code: &str) -> Self {
        let id = self.id;
        self.keep(id, service, code)
    }

    /// A service that an earlier release brought.
    pub(crate) fn keep(mut self, from: u64, service: &str, code: &str) -> Self {
        let object = |kind: &str| Object { key: format!("{kind}/{code}.zip"), sha256: code.to_owned() };
        let record = Record {
            release: from,
            made: self.made.clone(),
            commit: Some(Commit { id: "0123456789abcdef".into(), dirty: false }),
            architecture: Architecture::Arm64,
            sources: object("sources"),
            template: format!("t{code}"),
            code: Some(Code {
                package: service.into(),
                zip: object(&format!("code/{service}")),
                toolchain: "rustc 1.95.0".into(),
            }),
            site: (service == "web").then(|| SiteRecord { archive: object("site"), digest: format!("d{code}") }),
            literals: BTreeMap::from([("limits.size".to_owned(), 5.into())]),
            references: BTreeMap::from([("UserPoolId".to_owned(), "auth.UserPoolId".to_owned())]),
        };
        self.services.insert(service.to_owned(), record);
        self
    }

    pub(crate) fn rolled_back_to(mut self, to: u64) -> Self {
        self.made.action = Action::Rollback { to };
        self
    }

    pub(crate) fn failed(mut self) -> Self {
        self.complete = false;
        self
    }
}
