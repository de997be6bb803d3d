//! The laws of `functions/todos/src/fuzzing.rs`, one by the first byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| todos::fuzzing::check(data));
