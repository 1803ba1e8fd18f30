//! What an alert source answers, cut into alerts while it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| defender::parsers::answer(input));
