//! An id token as it arrives, and its claims as if somebody had signed them.
#![no_main]

use std::sync::LazyLock;

static BENCH: LazyLock<entra::parsers::Bench> = LazyLock::new(entra::parsers::Bench::new);

libfuzzer_sys::fuzz_target!(|input: &[u8]| BENCH.id_token(input));
