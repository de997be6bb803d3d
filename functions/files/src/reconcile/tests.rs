//! Reconciliations of a small world: a mocked bucket and two mocked tables that answer from one state.

mod findings;
mod races;
mod walk;
mod world;

use serde_json::json;

use self::world::World;
use super::*;
