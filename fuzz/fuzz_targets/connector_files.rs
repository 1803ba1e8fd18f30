//! What lies in a folder that `verify` is pointed at.
#![no_main]

#[expect(dead_code, reason = "each target has its own names")]
mod files;

use connectors::{Files, read_back};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut folder = Files::new();
    for (name, contents) in files::files(input, files::CONNECTOR_FILES) {
        folder.insert(name, contents);
    }
    match read_back(&folder) {
        Ok((_, read)) => assert!(!read.client_id.trim().is_empty() && !read.files.is_empty()),
        Err(problem) => assert!(problem.line != Some(0)),
    }
});
