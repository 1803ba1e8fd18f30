//! Files that somebody set up years ago.
#![no_main]

#[expect(dead_code, reason = "each target has its own names")]
mod files;

use connectors::{Files, found_in};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut folder = Files::new();
    for (name, contents) in files::files(input, files::OLD_FILES) {
        folder.insert(name, contents);
    }
    let findings = found_in(&folder, jiff::civil::date(2026, 11, 21));
    assert!(findings.found.iter().flat_map(|found| &found.stale).all(|stale| stale.line != Some(0)));
    assert!(findings.problems.iter().all(|problem| problem.line != Some(0)));
});
