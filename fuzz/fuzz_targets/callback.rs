//! What arrives at the loopback listener, or is pasted: query, form, address.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| entra::parsers::callback(input));
