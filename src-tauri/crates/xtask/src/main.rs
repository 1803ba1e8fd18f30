//! Developer tasks: run, test, lint, windows.

fn main() {}
