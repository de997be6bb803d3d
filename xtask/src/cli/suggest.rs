//! The option that a mistyped one was meant to be. clap compares by Jaro's similarity, which finds nothing where two letters of a
//! short name have changed places.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::nearest;

/// The error with a suggestion, where clap has none and there is one.
pub(super) fn option(mut error: clap::Error, mut root: Command, words: &[OsString]) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument || error.get(ContextKind::SuggestedArg).is_some() {
        return error;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return error };
    let Some(given) = given.strip_prefix("--") else { return error };
    // Options of all commands are known to each once this is done.
    root.build();
    let commands = words.iter().skip(1).filter_map(|word| word.to_str());
    let command = commands.fold(&root, |command, word| command.find_subcommand(word).unwrap_or(command));
    let known = command.get_arguments().filter_map(clap::Arg::get_long);
    if let Some(near) = nearest(given, known) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
    }
    error
}
