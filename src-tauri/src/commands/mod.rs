//! The commands that the window calls: one for each request, each as thin as its signature.
//!
//! Which of them may be called is decided by `permissions/app.toml`, not here.

mod alerts;
mod customers;
mod desktop;
mod files;
mod import;
mod practice;
mod settings;
mod steps;
mod vault;

use tauri::Wry;
use tauri::ipc::Invoke;

/// Answers the window's calls.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        vault::bootstrap,
        vault::unlock,
        vault::journal,
        vault::remember_place,
        desktop::show_menu,
        desktop::notify,
        desktop::quit,
        customers::find_tenant,
        customers::propose,
        customers::customers,
        customers::customer,
        customers::add_customer,
        customers::edit_customer,
        customers::forget_customer,
        steps::registration_sheet,
        steps::check_registration,
        steps::consent,
        steps::paste_address,
        steps::browsers,
        steps::handoff,
        steps::qr_code,
        steps::save_mail,
        steps::compare_redirect,
        steps::portal_step,
        steps::open_portal,
        steps::open_registration_portal,
        steps::authorise,
        steps::cancel,
        files::suggested_folder,
        files::choose_folder,
        files::preview_files,
        files::copy_hidden_value,
        files::export_files,
        files::open_folder,
        files::verify,
        alerts::alerts_overview,
        alerts::alerts_page,
        alerts::alert,
        alerts::open_alert_link,
        alerts::save_alerts,
        alerts::show_saved_alerts,
        alerts::forget_alerts,
        settings::speak,
        import::choose_old_files,
        import::inspect_old_files,
        import::onboard_old_files,
        import::forget_old_files,
        settings::settings,
        settings::edit_settings,
        settings::choose_file,
        settings::look_at_authorities,
        settings::check_network,
        practice::practice_start,
        practice::practice_scenarios,
        practice::practice_stop,
        practice::practice_fill_registration,
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Names between quotes in the permission file's list.
    fn permitted() -> BTreeSet<&'static str> {
        let file = include_str!("../../permissions/app.toml");
        let (_, list) = file.split_once("commands.allow = [").unwrap();
        list.split('"').skip(1).step_by(2).collect()
    }

    /// Names in the list of [`super::handler`].
    fn registered() -> BTreeSet<&'static str> {
        let source = include_str!("mod.rs");
        let (_, list) = source.split_once("generate_handler![").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        list.split(',')
            .filter_map(|path| path.trim().rsplit("::").next())
            .filter(|name| !name.is_empty())
            .collect()
    }

    #[test]
    fn the_window_may_call_exactly_the_commands_that_exist() {
        assert!(registered().contains("bootstrap"));
        assert_eq!(permitted(), registered());
    }
}
