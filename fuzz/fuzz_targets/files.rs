//! The laws of `functions/files/src/fuzzing.rs`, one by the first byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| files::fuzzing::check(data));
