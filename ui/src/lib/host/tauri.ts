/**
 * The shell as host. The only file that imports from `@tauri-apps`.
 *
 * It translates calls, nothing else: no state, no decisions.
 */
import { Channel, invoke } from '@tauri-apps/api/core';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { getCurrentWindow } from '@tauri-apps/api/window';

import type { Progress } from '../contract/Progress';
import { as_problem, type Host, type OnProgress, type WindowTheme } from './index';

async function ask<Answer>(command: string, arguments_: Record<string, unknown> = {}): Promise<Answer> {
  try {
    return await invoke<Answer>(command, arguments_);
  } catch (thrown) {
    throw as_problem(thrown);
  }
}

function channel(told: OnProgress): Channel<Progress> {
  const progress = new Channel<Progress>();
  progress.onmessage = told;
  return progress;
}

/** Whether this page runs inside the shell. */
export function inside_shell(): boolean {
  return '__TAURI_INTERNALS__' in window;
}

export function tauri_host(): Host {
  return {
    bootstrap: () => ask('bootstrap'),
    unlock: (passphrase) => ask('unlock', { passphrase }),

    customers: () => ask('customers'),
    customer: (customer) => ask('customer', { customer }),
    add_customer: (request) => ask('add_customer', { request }),
    edit_customer: (customer, request) => ask('edit_customer', { customer, request }),
    forget_customer: (customer) => ask('forget_customer', { customer }),

    choose_old_files: (folder) => ask('choose_old_files', { folder }),
    inspect_old_files: (request) => ask('inspect_old_files', { request }),
    onboard_old_files: (request, progress) => ask('onboard_old_files', { request, progress: channel(progress) }),
    forget_old_files: (handle) => ask('forget_old_files', { handle }),
    on_drag: async (told) => {
      await getCurrentWebview().onDragDropEvent(({ payload }) => {
        if (payload.type === 'drop') {
          told({ state: 'dropped', paths: payload.paths });
        } else {
          told({ state: payload.type === 'leave' ? 'gone' : 'over' });
        }
      });
    },

    find_tenant: (request) => ask('find_tenant', { request }),
    propose: (request) => ask('propose', { request }),

    registration_sheet: (customer) => ask('registration_sheet', { customer }),
    open_registration_portal: (customer) => ask('open_registration_portal', { customer }),
    check_registration: (customer) => ask('check_registration', { customer }),

    consent: (request, progress) => ask('consent', { request, progress: channel(progress) }),
    browsers: () => ask('browsers'),
    handoff: (request) => ask('handoff', { request }),
    qr_code: (address) => ask('qr_code', { address }),
    save_mail: (name, text) => ask('save_mail', { name, text }),
    compare_redirect: (request) => ask('compare_redirect', { request }),
    paste_address: (address) => ask('paste_address', { address }),

    portal_step: (customer) => ask('portal_step', { customer }),
    open_portal: (customer) => ask('open_portal', { customer }),
    authorise: (request, progress) => ask('authorise', { request, progress: channel(progress) }),

    suggested_folder: (customer) => ask('suggested_folder', { customer }),
    choose_folder: (start) => ask('choose_folder', { start }),
    preview_files: (request) => ask('preview_files', { request }),
    copy_hidden_value: (customer, value) => ask('copy_hidden_value', { customer, value }),
    export_files: (request, progress) => ask('export_files', { request, progress: channel(progress) }),
    open_folder: (customer) => ask('open_folder', { customer }),
    verify: (customer, folder, progress) => ask('verify', { customer, folder, progress: channel(progress) }),

    alerts_overview: (customer) => ask('alerts_overview', { customer }),
    alerts_page: (query, start, count) => ask('alerts_page', { query, start, count }),
    alert: (number) => ask('alert', { number }),
    open_alert_link: (number, kind) => ask('open_alert_link', { number, kind }),
    save_alerts: (query, form) => ask('save_alerts', { query, form }),
    show_saved_alerts: () => ask('show_saved_alerts'),
    forget_alerts: (customer) => ask('forget_alerts', { customer }),

    cancel: () => ask('cancel'),
    journal: () => ask('journal'),
    remember_place: (customer) => ask('remember_place', { customer }),

    speak: (language) => ask('speak', { language }),
    settings: () => ask('settings'),
    edit_settings: (request) => ask('edit_settings', { request }),
    choose_file: () => ask('choose_file'),
    look_at_authorities: (file) => ask('look_at_authorities', { file }),
    check_network: () => ask('check_network'),

    practice_start: () => ask('practice_start'),
    practice_scenarios: (scenarios) => ask('practice_scenarios', { scenarios }),
    practice_stop: () => ask('practice_stop'),
    practice_fill_registration: (customer) => ask('practice_fill_registration', { customer }),

    show_menu: (menus, chosen) => {
      const told = new Channel<string>();
      told.onmessage = chosen;
      return ask('show_menu', { menus, chosen: told });
    },
    notify: (title, body) => ask('notify', { title, body }),
    zoom: async (factor) => {
      try {
        await getCurrentWebview().setZoom(factor);
      } catch (thrown) {
        throw as_problem(thrown);
      }
    },
    quit: () => ask('quit'),

    window_theme: async (changed) => {
      try {
        const frame = getCurrentWindow();
        await frame.onThemeChanged(({ payload }) => changed(payload satisfies WindowTheme));
        return await frame.theme();
      } catch {
        // The capability does not grant it, or the desktop cannot tell: the media query decides.
        return null;
      }
    },
  };
}
