/**
 * What the window asks of whatever runs it. The window knows this interface and nothing else of its surroundings:
 * `tauri.ts` speaks to the shell, `fake.ts` stands in for it in tests and in a plain browser.
 *
 * Every method rejects with a `Problem`, and with nothing else. No answer ever holds a secret.
 */
import type { AddCustomer } from '../contract/AddCustomer';
import type { AlertFileForm } from '../contract/AlertFileForm';
import type { AlertView } from '../contract/AlertView';
import type { AlertsOverview } from '../contract/AlertsOverview';
import type { AlertsPage } from '../contract/AlertsPage';
import type { AlertsQuery } from '../contract/AlertsQuery';
import type { AuthorisationRequest } from '../contract/AuthorisationRequest';
import type { AuthorisationResult } from '../contract/AuthorisationResult';
import type { BrowserView } from '../contract/BrowserView';
import type { ConsentRequest } from '../contract/ConsentRequest';
import type { ConsentResult } from '../contract/ConsentResult';
import type { CustomerView } from '../contract/CustomerView';
import type { Destination } from '../contract/Destination';
import type { DestinationQuery } from '../contract/DestinationQuery';
import type { EditCustomer } from '../contract/EditCustomer';
import type { Evidence } from '../contract/Evidence';
import type { AuthorityView } from '../contract/AuthorityView';
import type { EditSettings } from '../contract/EditSettings';
import type { ExportRequest } from '../contract/ExportRequest';
import type { ExportResult } from '../contract/ExportResult';
import type { HostCheck } from '../contract/HostCheck';
import type { JournalState } from '../contract/JournalState';
import type { HandoffPacket } from '../contract/HandoffPacket';
import type { HandoffRequest } from '../contract/HandoffRequest';
import type { PortalStep } from '../contract/PortalStep';
import type { InspectOldFiles } from '../contract/InspectOldFiles';
import type { OldFiles } from '../contract/OldFiles';
import type { OnboardedOldFiles } from '../contract/OnboardedOldFiles';
import type { OnboardOldFiles } from '../contract/OnboardOldFiles';
import type { Problem } from '../contract/Problem';
import type { Progress } from '../contract/Progress';
import type { QrView } from '../contract/QrView';
import type { Proof } from '../contract/Proof';
import type { RedirectComparison } from '../contract/RedirectComparison';
import type { RedirectQuery } from '../contract/RedirectQuery';
import type { RegistrationSheet } from '../contract/RegistrationSheet';
import type { SavedAlerts } from '../contract/SavedAlerts';
import type { SettingsView } from '../contract/SettingsView';
import type { TenantFound } from '../contract/TenantFound';
import type { FilesPreview } from '../contract/FilesPreview';
import type { FilesQuery } from '../contract/FilesQuery';
import type { HiddenValue } from '../contract/HiddenValue';
import type { TenantQuery } from '../contract/TenantQuery';

/** Whether the vault is open, and if not, what would open it. */
export type VaultState = 'open' | 'locked-passphrase' | 'locked-keyring' | 'no-keyring' | 'unavailable';

/** The first answer: how things stand. */
export interface Bootstrap {
  version: string;
  vault: VaultState;
  /** Why the vault is not open. */
  problem: Problem | null;
  /** Set while the practice tenant is on. */
  practice: PracticeView | null;
  data_folder: string;
  /** The vault lasts for this session only. */
  session: boolean;
  /** The web engine that draws the window, with its version. */
  webview: string;
  /** The customer that was open when the window was last used. */
  left_at: string | null;
  /** The language that is set; null: that of the system. */
  language: string | null;
}

/** The practice tenant, as the person rehearsing may see it. */
export interface PracticeView {
  customer_domain: string;
  customer_tenant: string;
  provider_tenant: string;
  client_id: string;
  users: PracticeUser[];
  portal: string;
  /** Names of the faults that are in force. */
  scenarios: string[];
  /** Names of all that there are. */
  possible: string[];
}

/** Somebody who can sign in to the practice tenant. */
export interface PracticeUser {
  name: string;
  role: string;
}

/** Is told what happens while a request runs. */
export type OnProgress = (progress: Progress) => void;

/** One menu of the native bar. */
export interface MenuView {
  label: string;
  entries: MenuEntry[];
}

/** What stands in a menu: something to do, something that is on or off, or a line between. */
export type MenuEntry =
  | { kind: 'item'; id: string; label: string; keys: string | null; enabled: boolean }
  | { kind: 'check'; id: string; label: string; checked: boolean; enabled: boolean }
  | { kind: 'line' };
/** What happens while files are dragged over the window. Only their paths are told. */
export type Drag = { state: 'over' } | { state: 'gone' } | { state: 'dropped'; paths: string[] };

/** The light or dark appearance of the window's frame. */
export type WindowTheme = 'light' | 'dark';

export interface Host {
  bootstrap(): Promise<Bootstrap>;
  /** Without a passphrase the vault lives for this session only. */
  unlock(passphrase: string | null): Promise<Bootstrap>;

  customers(): Promise<CustomerView[]>;
  customer(customer: string): Promise<CustomerView>;
  add_customer(request: AddCustomer): Promise<CustomerView>;
  edit_customer(customer: string, request: EditCustomer): Promise<CustomerView>;
  forget_customer(customer: string): Promise<void>;

  /** Paths of old connector files, or of a folder of them; none when the person chose none. */
  choose_old_files(folder: boolean): Promise<string[]>;
  /** What old files say. Their secrets stay with the engine, for a short while. */
  inspect_old_files(request: InspectOldFiles): Promise<OldFiles>;
  onboard_old_files(request: OnboardOldFiles, progress: OnProgress): Promise<OnboardedOldFiles>;
  forget_old_files(handle: string): Promise<void>;
  /** Tells of files that are dragged over the window. */
  on_drag(told: (drag: Drag) => void): Promise<void>;

  find_tenant(request: TenantQuery): Promise<TenantFound>;
  propose(request: DestinationQuery): Promise<Destination>;

  registration_sheet(customer: string): Promise<RegistrationSheet>;
  open_registration_portal(customer: string): Promise<void>;
  check_registration(customer: string): Promise<Evidence[]>;

  consent(request: ConsentRequest, progress: OnProgress): Promise<ConsentResult>;
  /** The installed browsers, the default one first. */
  browsers(): Promise<BrowserView[]>;
  /** The packet for the customer's admin: the one that waits, or a new one. */
  handoff(request: HandoffRequest): Promise<HandoffPacket>;
  /** An address for a camera. */
  qr_code(address: string): Promise<QrView>;
  /** Keeps the mail to the admin where the person says; null when they said nowhere. */
  save_mail(name: string, text: string): Promise<string | null>;
  /** Why Entra does not take the redirect address. */
  compare_redirect(request: RedirectQuery): Promise<RedirectComparison>;
  /** Feeds the running consent. A refused address does not end it. */
  paste_address(address: string): Promise<void>;

  portal_step(customer: string): Promise<PortalStep>;
  open_portal(customer: string): Promise<void>;
  authorise(request: AuthorisationRequest, progress: OnProgress): Promise<AuthorisationResult>;

  suggested_folder(customer: string): Promise<string>;
  /** Null when the person chose none. */
  choose_folder(start: string): Promise<string | null>;
  /** What an export would write, without its secrets. */
  preview_files(request: FilesQuery): Promise<FilesPreview>;
  /** Puts a value that the window never sees on the clipboard: for so many seconds, 0 where there is no clipboard. */
  copy_hidden_value(customer: string, value: HiddenValue): Promise<number>;
  export_files(request: ExportRequest, progress: OnProgress): Promise<ExportResult>;
  /** Shows the folder of the last export. */
  open_folder(customer: string): Promise<void>;
  verify(customer: string, folder: string, progress: OnProgress): Promise<Proof>;

  /** What the last test pull of a customer has gathered; null when none has begun. */
  alerts_overview(customer: string): Promise<AlertsOverview | null>;
  alerts_page(query: AlertsQuery, start: number, count: number): Promise<AlertsPage>;
  alert(number: number): Promise<AlertView>;
  /** Opens a link of an alert in the browser, when it lies in the customer's portal. */
  open_alert_link(number: number, kind: string): Promise<void>;
  /** Asks where to, and writes the alerts of a query; null when the person chose no file. */
  save_alerts(query: AlertsQuery, form: AlertFileForm): Promise<SavedAlerts | null>;
  /** Shows the folder of the file that was saved last. */
  show_saved_alerts(): Promise<void>;
  /** Nobody looks at the alerts any more. */
  forget_alerts(customer: string): Promise<void>;

  /** Ends the running consent, authorisation or test pull; it then rejects with `cancelled`. */
  cancel(): Promise<void>;
  journal(): Promise<JournalState>;
  /** Notes which customer is open, for the next start; null for the list. */
  remember_place(customer: string | null): Promise<void>;

  /** Keeps the language, whether or not the vault is open. */
  speak(language: string): Promise<void>;
  settings(): Promise<SettingsView>;
  edit_settings(request: EditSettings): Promise<SettingsView>;
  /** Null when the person chose none. */
  choose_file(): Promise<string | null>;
  /** What a file of authorities holds. Nothing is stored. */
  look_at_authorities(file: string): Promise<AuthorityView[]>;
  /** Asks every host of the default cloud for any answer, by the way that is set. */
  check_network(): Promise<HostCheck[]>;

  practice_start(): Promise<PracticeView>;
  /** Lets these things go wrong from now on, and nothing else. */
  practice_scenarios(scenarios: string[]): Promise<PracticeView>;
  practice_stop(): Promise<void>;
  /** Puts the practice app's ids and secret into step 1, without the secret passing through here. */
  practice_fill_registration(customer: string): Promise<CustomerView>;

  /** Shows the native menu bar. `chosen` hears the id of what is chosen, until the next call. */
  show_menu(menus: MenuView[], chosen: (id: string) => void): Promise<void>;
  /** A notification of the desktop. */
  notify(title: string, body: string): Promise<void>;
  /** How large everything in the window is; 1 as it is made. */
  zoom(factor: number): Promise<void>;
  /** Ends the app. */
  quit(): Promise<void>;

  /** The frame's appearance, or null where nobody can tell. Calls back on each change. */
  window_theme(changed: (theme: WindowTheme) => void): Promise<WindowTheme | null>;
}

/** Whether something that was thrown is a problem as the contract has it. */
export function is_problem(thrown: unknown): thrown is Problem {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'who' in thrown && 'params' in thrown;
}

/** What was thrown, as a problem: what is none becomes `internal`, with its text among the details. */
export function as_problem(thrown: unknown): Problem {
  if (is_problem(thrown)) {
    return thrown;
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', params: { reason: text }, who: 'developers', microsoft: null, details: [text] };
}
