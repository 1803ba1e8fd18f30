//! How the web engine paints where there is no graphics device: with the processor, and not through an emulated device.
//!
//! `WebKitGTK` has a device emulated where there is none, and paints through it: that costs a good part of the start. It is
//! no part of what is drawn. The invariants: where there is a device nothing is changed, and what a person set stays.
//!
//! Its hardware acceleration set to `Never` would be quicker still. Then the wheel of the mouse scrolls nothing, and
//! `WebKitWebDriver` waits for its pictures without end.

use std::fs;
use std::path::Path;

/// With it `WebKitGTK` paints with the processor; `0` is no.
const BY_PROCESSOR: &str = "WEBKIT_SKIA_ENABLE_CPU_RENDERING";

/// Tells the web engine, which reads it when it starts. To be called before anything else runs.
pub(crate) fn settle() {
    if std::env::var_os(BY_PROCESSOR).is_none() && !has_device(Path::new("/dev")) {
        #[expect(
            unsafe_code,
            reason = "the process has one thread yet: nobody reads the environment meanwhile"
        )]
        unsafe {
            std::env::set_var(BY_PROCESSOR, "1");
        }
    }
}

/// Whether anything among the devices can draw: a render node, or what drivers outside of the kernel and Windows'
/// subsystem for Linux have in its place.
fn has_device(devices: &Path) -> bool {
    let any = |folder: &Path, start: &str| {
        let mut names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.any(|name| name.as_encoded_bytes().starts_with(start.as_bytes()))
    };
    any(&devices.join("dri"), "renderD") || any(devices, "nvidia") || devices.join("dxg").exists()
}

#[cfg(test)]
mod tests {
    use super::has_device;

    #[test]
    fn only_what_can_draw_is_a_device() {
        let none = tempfile::tempdir().unwrap();
        assert!(!has_device(&none.path().join("missing")));
        // A card that only shows what others drew is none to draw with.
        std::fs::create_dir(none.path().join("dri")).unwrap();
        vault::files::write(&none.path().join("dri/card0"), b"", false).unwrap();
        assert!(!has_device(none.path()));

        for device in ["dri/renderD128", "nvidiactl", "dxg"] {
            let some = tempfile::tempdir().unwrap();
            std::fs::create_dir(some.path().join("dri")).unwrap();
            vault::files::write(&some.path().join(device), b"", false).unwrap();
            assert!(has_device(some.path()), "{device}");
        }
    }
}
