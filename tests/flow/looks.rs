//! Everybody can read and use every state of the window: nothing is cut, laid over something else, wrapped badly or left
//! untranslated in a language that is a third longer, in Korean and in Chinese, at both sizes and twice as large; and no
//! rule of axe-core is broken in any theme or language.

use std::path::Path;

use tests::lacking::lacking;
use tests::looks::eye::{Eye, Faults};
use tests::looks::seeds::Seeds;
use tests::looks::tours;

/// Whether there is a screen, and a window inside the app that knows the pseudo-language.
fn can_be_seen(test: &str) -> bool {
    let there = cfg!(target_os = "linux") && std::env::var_os("DISPLAY").is_some();
    if !there {
        lacking(&format!("{test}: no display (`cargo xtask test` starts one)"));
    }
    there
}

/// Goes on a tour of that test, and judges what was seen.
async fn judged(test: &str, tour: impl AsyncFnOnce(&Path, &mut Eye)) {
    if !can_be_seen(test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut eye = Eye::Measure(Faults::new(&Seeds::values()));
    tour(folder.path(), &mut eye).await;
    let Eye::Measure(faults) = eye else { return };
    let told = faults.told();
    assert!(told.is_empty(), "{} faults in {} states:\n{}", told.len(), faults.stops, told.join("\n"));
}

#[tokio::test]
async fn every_state_of_the_rehearsal_can_be_read_and_used_by_everybody() {
    judged("every_state_of_the_rehearsal_can_be_read_and_used_by_everybody", tours::rehearsal).await;
}

#[tokio::test]
async fn every_state_of_a_customer_can_be_read_and_used_by_everybody() {
    judged("every_state_of_a_customer_can_be_read_and_used_by_everybody", tours::customers).await;
}

#[tokio::test]
async fn every_state_of_a_closed_vault_can_be_read_and_used_by_everybody() {
    judged("every_state_of_a_closed_vault_can_be_read_and_used_by_everybody", tours::vault).await;
}
