//! Hands Tauri its configuration and the app's own permissions.
//!
//! The window's content is built by npm, not here. Where it has not been built yet, an empty folder lets `cargo check`
//! and the tests that need no window go on.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    let content = Path::new("ui/dist");
    if !content.is_dir() {
        std::fs::create_dir_all(content)?;
    }
    let permissions =
        tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*");
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(permissions))?;
    Ok(())
}
