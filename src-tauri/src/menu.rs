//! The native menu bar, as the window describes it: the window knows its words, its language and what can be done now.
//!
//! It decides nothing: what is chosen goes back to the window by its name.

use std::sync::{Mutex as StdMutex, PoisonError};

use serde::Deserialize;
use tauri::ipc::Channel;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, MenuItemKind, PredefinedMenuItem, Submenu};
use tauri::{Manager as _, Runtime, WebviewWindow};
use tokio::sync::Mutex;

/// One menu of the bar.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct MenuView {
    label: String,
    entries: Vec<EntryView>,
}

/// What stands in a menu.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum EntryView {
    /// Something to do.
    Item {
        id: String,
        label: String,
        /// As `CmdOrCtrl+N`.
        keys: Option<String>,
        enabled: bool,
    },
    /// Something that is on or off.
    Check { id: String, label: String, checked: bool, enabled: bool },
    /// A line between.
    Line,
}

/// Id and keys of an entry; none for a line.
type Fixed<'view> = Option<(&'view str, Option<&'view str>)>;

impl EntryView {
    fn fixed(&self) -> Fixed<'_> {
        match self {
            Self::Item { id, keys, .. } => Some((id, keys.as_deref())),
            Self::Check { id, .. } => Some((id, None)),
            Self::Line => None,
        }
    }
}

/// The menu that is shown, and who is told of a choice.
#[derive(Default)]
pub(crate) struct ShownMenu {
    /// Held while a bar is made, so that the last one asked for is the one that stays.
    shown: Mutex<Vec<MenuView>>,
    /// Apart from it: a choice comes on the thread that making a bar waits for.
    told: StdMutex<Option<Channel<String>>>,
}

impl ShownMenu {
    /// Tells the window what was chosen.
    pub(crate) fn chosen(&self, id: &str) {
        if let Some(told) = &*self.told.lock().unwrap_or_else(PoisonError::into_inner) {
            // A page that is being loaded anew describes its menu again.
            let _ = told.send(id.to_owned());
        }
    }
}

/// Shows the menu in the window. A bar of the same shape is changed in place: a new one would flicker.
///
/// # Errors
///
/// What the desktop says.
pub(crate) async fn show<R: Runtime>(
    window: &WebviewWindow<R>,
    menus: Vec<MenuView>,
    told: Channel<String>,
) -> tauri::Result<()> {
    let state = window.state::<ShownMenu>();
    let mut shown = state.shown.lock().await;
    *state.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    match bar(window).filter(|_| shape(&shown) == shape(&menus)) {
        Some(bar) => change(&bar, &shown, &menus)?,
        None => set(window, &menus)?,
    }
    *shown = menus;
    Ok(())
}

/// One bar for the whole app on a Mac; elsewhere it belongs to the window, and sign-in windows have none.
fn set<R: Runtime>(window: &WebviewWindow<R>, menus: &[MenuView]) -> tauri::Result<()> {
    let bar = Menu::new(window)?;
    for menu in menus {
        bar.append(&submenu(window, menu)?)?;
    }
    if cfg!(target_os = "macos") {
        window.app_handle().set_menu(bar).map(drop)
    } else {
        window.set_menu(bar).map(drop)
    }
}

fn bar<R: Runtime>(window: &WebviewWindow<R>) -> Option<Menu<R>> {
    if cfg!(target_os = "macos") { window.app_handle().menu() } else { window.menu() }
}

/// What cannot be changed in place: which entries there are, and their keys.
fn shape(menus: &[MenuView]) -> Vec<Vec<Fixed<'_>>> {
    menus.iter().map(|menu| menu.entries.iter().map(EntryView::fixed).collect()).collect()
}

/// Changes what differs.
fn change<R: Runtime>(bar: &Menu<R>, before: &[MenuView], now: &[MenuView]) -> tauri::Result<()> {
    for ((shown, before), now) in bar.items()?.iter().zip(before).zip(now) {
        let Some(submenu) = shown.as_submenu() else { continue };
        if before.label != now.label {
            submenu.set_text(&now.label)?;
        }
        for ((shown, before), now) in submenu.items()?.iter().zip(&before.entries).zip(&now.entries) {
            match (shown, now) {
                (MenuItemKind::MenuItem(item), EntryView::Item { label, enabled, .. }) if before != now => {
                    item.set_text(label)?;
                    item.set_enabled(*enabled)?;
                }
                // The desktop changes its mark at a click, whatever comes of it.
                (MenuItemKind::Check(item), EntryView::Check { label, checked, enabled, .. }) => {
                    item.set_text(label)?;
                    item.set_checked(*checked)?;
                    item.set_enabled(*enabled)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn submenu<R: Runtime>(window: &WebviewWindow<R>, menu: &MenuView) -> tauri::Result<Submenu<R>> {
    let entries = menu.entries.iter().map(|entry| built(window, entry)).collect::<Result<Vec<_>, _>>()?;
    let entries: Vec<_> = entries.iter().map(AsRef::as_ref).collect();
    Submenu::with_items(window, &menu.label, true, &entries)
}

fn built<R: Runtime>(window: &WebviewWindow<R>, entry: &EntryView) -> tauri::Result<Box<dyn IsMenuItem<R>>> {
    Ok(match entry {
        EntryView::Item { id, label, keys, enabled } => {
            Box::new(MenuItem::with_id(window, id, label, *enabled, keys.as_deref())?)
        }
        EntryView::Check { id, label, checked, enabled } => {
            Box::new(CheckMenuItem::with_id(window, id, label, *enabled, *checked, None::<&str>)?)
        }
        EntryView::Line => Box::new(PredefinedMenuItem::separator(window)?),
    })
}
