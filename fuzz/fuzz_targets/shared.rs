//! The laws of `functions/shared/src/fuzzing.rs`, one by the first byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| shared::fuzzing::check(data));
