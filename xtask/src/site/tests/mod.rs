//! What the deployer adds to a built folder. The sync's own laws are tested where they are, in `site-sync`.

mod watched;
