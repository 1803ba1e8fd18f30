//! One alert of any source: its columns, its legacy names, its key.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| defender::parsers::alert(input));
