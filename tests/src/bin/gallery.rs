//! Writes a picture of every screen and state of the real window, in every size, theme and language, and a page that
//! shows them. `cargo xtask gallery` gives it a desktop to run on.
//!
//! `gallery FOLDER [PART-OF-A-NAME]`

#![expect(clippy::expect_used, reason = "test program: a failure here is a failed run")]

use std::path::PathBuf;

use tests::looks::eye::{Album, Eye};
use tests::looks::{index, tours};

#[tokio::main]
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "test program: pictures are no secrets")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder for the pictures"));
    let only = arguments.next();
    let mut eye = Eye::Photograph(Album::new(folder.clone(), only.clone()));
    let wanted = |numbers: &[char]| {
        only.as_ref().is_none_or(|only| {
            only.chars().next().is_none_or(|first| !first.is_ascii_digit() || numbers.contains(&first))
        })
    };
    let scratch = tempfile::tempdir().expect("a temporary folder");
    if wanted(&['0', '1', '2']) {
        tours::rehearsal(&scratch.path().join("rehearsal"), &mut eye).await;
    }
    if wanted(&['3', '4', '5']) {
        tours::customers(&scratch.path().join("customers"), &mut eye).await;
    }
    if wanted(&['6']) {
        tours::vault(&scratch.path().join("vault"), &mut eye).await;
    }
    let Eye::Photograph(album) = &eye else { return };
    std::fs::write(folder.join("index.html"), index::page(album)).expect("the page is written");
    println!("{} states: {}", album.stops.len(), folder.join("index.html").display());
}
