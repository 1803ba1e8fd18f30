//! What a token endpoint answers, good or bad.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| entra::parsers::token_answer(input));
