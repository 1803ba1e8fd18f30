//! A Tauri window with nothing in it but a line of text: what every such window costs. The benchmark of the start-up
//! compares the app with it.
//!
//! It is no part of the product. The invariant: the same tauri, features and profile as the app, and nothing else.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("tests/benchmarks/empty_window/tauri.conf.json"))
}
