/**
 * A host without a shell: keeps customers in memory, judges nothing that the engine would judge deeply, and does at once
 * or at a person's word what elsewhere takes a network. For tests and for work on the window in a plain browser.
 *
 * It is no specification of the engine: where the two differ, the engine is right.
 */
import type { AuthorityView } from '../contract/AuthorityView';
import type { UnfollowedProxy } from '../contract/UnfollowedProxy';
import type { SettingsView } from '../contract/SettingsView';
import type { AlertLine } from '../contract/AlertLine';
import type { AlertRow } from '../contract/AlertRow';
import type { AlertsOverview } from '../contract/AlertsOverview';
import type { AlertsQuery } from '../contract/AlertsQuery';
import type { CloudView } from '../contract/CloudView';
import type { ConnectorView } from '../contract/ConnectorView';
import type { CustomerView } from '../contract/CustomerView';
import type { Destination } from '../contract/Destination';
import type { DestinationQuery } from '../contract/DestinationQuery';
import type { Evidence } from '../contract/Evidence';
import type { OldConnector } from '../contract/OldConnector';
import type { OldFiles } from '../contract/OldFiles';
import type { Problem } from '../contract/Problem';
import type { ProblemCode } from '../contract/ProblemCode';
import type { ProvenFile } from '../contract/ProvenFile';
import type { Progress } from '../contract/Progress';
import type { PullProgress } from '../contract/PullProgress';
import type { SourceView } from '../contract/SourceView';
import type { Step } from '../contract/Step';
import type { WrittenFile } from '../contract/WrittenFile';
import type { Bootstrap, Drag, Host, MenuView, PracticeView, VaultState } from './index';

const ORDER: readonly Step[] = ['destination', 'register', 'consent', 'authorise', 'export', 'test-pull'];
const DAY = 86_400_000;

export const COMMERCIAL: CloudView = {
  id: 'commercial',
  name: 'Commercial',
  custom: false,
  portal: 'https://security.microsoft.com/',
  app_portal: 'https://entra.microsoft.com/',
  regions: ['eu', 'us', 'uk'],
};
const PRACTICE_CLOUD: CloudView = {
  id: 'practice',
  name: 'Practice',
  custom: true,
  portal: 'http://127.0.0.1:40001/portal',
  app_portal: null,
  regions: ['eu', 'us', 'uk'],
};
const SOURCES: readonly SourceView[] = [
  { id: 'graph-alerts', name: 'Microsoft Graph alerts', ends: null, ended: false, replaced_by: null, checked: '2026-11-20', possible: true, portal_authorisation: false },
  { id: 'defender-alerts', name: 'Microsoft Defender for Endpoint alerts', ends: '2027-02-01', ended: false, replaced_by: 'graph-alerts', checked: '2026-11-20', possible: true, portal_authorisation: false },
  { id: 'siem-detections', name: 'Legacy SIEM detections', ends: '2023-12-31', ended: true, replaced_by: 'graph-alerts', checked: '2026-11-20', possible: true, portal_authorisation: true },
];
const CONNECTORS: readonly Omit<ConnectorView, 'why_not'>[] = [
  { id: 'arcsight', name: 'ArcSight FlexConnector REST', files: ['WDATP-connector.properties', 'WDATP-connector.jsonparser.properties', 'VALUES-TO-TYPE.txt', 'manifest.json'], grants: ['refresh-token'] },
  { id: 'splunk-rest', name: 'Splunk REST API Modular Input', files: ['inputs.conf', 'splunk-authentication.properties', 'manifest.json'], grants: ['refresh-token'] },
  { id: 'splunk-ms-security', name: 'Splunk Add-on for Microsoft Security', files: ['splunk_ta_ms_security_account.conf', 'inputs.conf', 'manifest.json'], grants: ['app-only'] },
  { id: 'qradar', name: 'IBM QRadar', files: ['VALUES-TO-TYPE.txt', 'qradar-log-source.json', 'qradar-log-source.yml', 'manifest.json'], grants: ['app-only'] },
  { id: 'elastic', name: 'Elastic Agent and Filebeat', files: ['elastic-agent.yml', 'filebeat.yml', 'elastic-integration.json', 'manifest.json'], grants: ['refresh-token', 'app-only'] },
  { id: 'wazuh', name: 'Wazuh', files: ['ossec-ms-graph.xml', 'manifest.json'], grants: ['app-only'] },
  { id: 'cribl', name: 'Cribl Stream', files: ['cribl-collector.json', 'cribl-breaker.json', 'manifest.json'], grants: ['refresh-token', 'app-only'] },
  { id: 'secops', name: 'Google Security Operations', files: ['secops-feed.json', 'manifest.json'], grants: ['app-only'] },
  { id: 'sumo', name: 'Sumo Logic', files: ['sumo-source.json', 'manifest.json'], grants: ['app-only'] },
  { id: 'generic', name: 'Generic API (JSON, .env, curl)', files: ['defender-api.json', 'defender-api.env', 'defender-api.curl', 'manifest.json'], grants: ['refresh-token', 'app-only'] },
];
export const CUSTOMER_TENANT = '6f1c2b7e-94d3-4c0a-8f5e-2b9d71a0c3e8';
export const PROVIDER_TENANT = 'b3d09a54-1f62-4e7b-a9c8-50e2d6f7183c';
export const CLIENT_ID = '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93';

/** The authority of a network that looks into encrypted traffic. */
export const AUTHORITY: AuthorityView = {
  subject: 'Fabrikam Inspection CA, Fabrikam',
  sha256: Array.from({ length: 32 }, (_, at) => (at * 7).toString(16).padStart(2, '0').toUpperCase()).join(':'),
  ends: '2031-05-01T00:00:00Z',
};

const PRACTICE: PracticeView = {
  customer_domain: 'practice-customer.example',
  customer_tenant: '00000000-c057-4000-8000-00000000a001',
  provider_tenant: '00000000-c057-4000-8000-00000000a002',
  client_id: '00000000-c057-4000-8000-00000000a003',
  users: [
    { name: 'admin@practice-customer.example', role: 'admin' },
    { name: 'analyst@practice-provider.example', role: 'analyst' },
    { name: 'someone@somebody-else.example', role: 'elsewhere' },
  ],
  portal: 'http://127.0.0.1:40001/portal',
  scenarios: [],
  possible: ['wrong-account', 'consent-declined', 'conditional-access', 'secret-expired', 'authorisation-delay', 'throttled', 'no-alerts'],
};

/** A problem as the engine would say it. */
export function problem(code: ProblemCode, params: Record<string, string> = {}, more: Partial<Problem> = {}): Problem {
  return { code, params, who: 'you', microsoft: null, details: [], ...more };
}

/** Where a customer stands, from what is there. */
export function with_steps(customer: CustomerView): CustomerView {
  const done: Record<Step, boolean> = {
    destination: true,
    register: customer.registration?.secret_kept ?? false,
    consent: customer.consent !== null,
    authorise: customer.authorisation !== null,
    export: customer.export !== null,
    'test-pull': customer.proof !== null,
  };
  const next = ORDER.find((step) => !done[step]) ?? 'test-pull';
  return {
    ...customer,
    next,
    steps: ORDER.map((step) => ({ step, state: done[step] ? 'done' : step === next ? 'now' : 'todo' })),
  };
}

/** A customer of the fake, with nothing done yet. */
export function a_customer(given: Partial<CustomerView> = {}): CustomerView {
  return with_steps({
    id: 'customer-1',
    name: 'Contoso Logistics',
    tenant_id: CUSTOMER_TENANT,
    tenant_domain: 'contoso.com',
    cloud: COMMERCIAL,
    region: null,
    connector: 'arcsight',
    source: 'graph-alerts',
    grant: 'refresh-token',
    registration: null,
    consent: null,
    authorisation: null,
    export: null,
    proof: null,
    steps: [],
    next: 'register',
    portal: `https://security.microsoft.com/?tid=${CUSTOMER_TENANT}`,
    added: new Date().toISOString(),
    ...given,
  });
}

/** What a customer holds once a step is done. */
export function done_until(step: Step, given: Partial<CustomerView> = {}): CustomerView {
  const at = new Date().toISOString();
  const has = (one: Step) => ORDER.indexOf(one) <= ORDER.indexOf(step);
  const connector = given.connector ?? 'arcsight';
  const files = files_of(connector);
  return a_customer({
    registration: has('register')
      ? { client_id: CLIENT_ID, home_tenant: PROVIDER_TENANT, redirect_uri: 'http://localhost/SiemMsspConnector', secret_kept: true, secret_expires: new Date(Date.now() + 365 * DAY).toISOString().slice(0, 10) }
      : null,
    consent: has('consent')
      ? { at, account: 'j.bergmann@contoso.com', granted: ['SecurityAlert.Read.All'], unused_until: new Date(Date.now() + 90 * DAY).toISOString() }
      : null,
    authorisation: has('authorise') ? { at } : null,
    export: has('export') ? { at, folder: '/home/lena/MSSP Onboard/Contoso Logistics', connector, files } : null,
    proof: has('test-pull') ? { at, alerts: 214, files: files.map(proven) } : null,
    ...given,
  });
}

const proven = ({ name }: WrittenFile): ProvenFile => ({ name, proven: true, state: 'as-exported', role: name === 'VALUES-TO-TYPE.txt' ? 'values-to-type' : name.includes('jsonparser') ? 'field-mapping' : 'sign-in' });

function files_of(connector: string): WrittenFile[] {
  const names = CONNECTORS.find((one) => one.id === connector)?.files ?? [];
  return names.map((name, at) => ({
    name,
    bytes: 412 + at * 700,
    sha256: `${at}c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f`.padStart(64, '0'),
    secret: at === 0,
  }));
}

const OLD_FOLDER = '/opt/arcsight/contoso/current/user/agent/flexagent';
const OLD_CLIENT = `${OLD_FOLDER}/WDATP-connector.properties`;
const OLD_MAPPING = `${OLD_FOLDER}/WDATP-connector.jsonparser.properties`;

/** One old ArcSight set-up, as the engine would tell it. */
export function an_old_connector(given: Partial<OldConnector> = {}): OldConnector {
  return {
    index: 0, kind: 'arcsight', file: OLD_CLIENT, stanza: null, name: 'Contoso Logistics', already: null, tenant: CUSTOMER_TENANT,
    client_id: CLIENT_ID, cloud: 'commercial', region: 'eu', connector: 'arcsight', source: 'siem-detections', source_told: true,
    grant: 'refresh-token', redirect_uri: null, secret: 'present', secret_expires: '2018-02-03', refresh_token: 'present',
    machine_groups: ['HQ'], settings: [{ key: 'timestamp_format', value: 'yyyy-MM-dd', file: OLD_CLIENT, line: 9 }],
    stale: [
      { kind: 'secret-expired', file: OLD_CLIENT, line: 3, was: '2018-02-03', becomes: null },
      { kind: 'retired-audience', file: OLD_CLIENT, line: 4, was: 'https://WDATPAlertExport.Seville.onmicrosoft.com', becomes: 'https://graph.windows.net' },
      { kind: 'wrong-redirect', file: OLD_CLIENT, line: 6, was: 'https://localhost:44300/sevilleconnector', becomes: 'http://localhost/SiemMsspConnector' },
      { kind: 'twelve-hour-pattern', file: OLD_MAPPING, line: 31, was: "yyyy-MM-dd'T'hh:mm:ss", becomes: "yyyy-MM-dd'T'HH:mm:ss" },
    ],
    missing: [],
    ...given,
  };
}

/** What a look at old files brings. */
export function old_files(found: OldConnector[] = [an_old_connector()], given: Partial<OldFiles> = {}): OldFiles {
  return { handle: 'lot-1', until: new Date(Date.now() + 15 * 60_000).toISOString(), paths: [OLD_FOLDER], found, problems: [], left_out: [], ...given };
}

const TITLES = ['Suspicious PowerShell command line', 'Unusual number of failed sign-ins', 'Credential dumping tool was started (LSASS memory read)', 'Anonymous IP address', 'Automated investigation started manually', 'Email messages containing malicious URL removed after delivery'];
const SEVERITIES = ['high', 'medium', 'low', 'informational'];

/** Made-up alerts, newest first. */
export function an_alert(at: number): AlertRow {
  const time = new Date(Date.now() - (at + 1) * 37 * 60_000).toISOString();
  const title = TITLES[at % TITLES.length] ?? '';
  const severity = SEVERITIES[(at * 7) % SEVERITIES.length] ?? 'low';
  return {
    id: `alert-${at}`,
    time,
    title,
    severity,
    category: 'Execution',
    device: at % 3 === 2 ? '' : `ws-ham-0${400 + (at % 38)}`,
    user: `user${at % 23}`,
    detection_source: at % 2 === 0 ? 'microsoftDefenderForEndpoint' : 'azureAdIdentityProtection',
    url: `https://security.microsoft.com/alerts/alert-${at}`,
    raw: JSON.stringify({ id: `alert-${at}`, title, severity, createdDateTime: time }),
  };
}

/** The alerts of a query, as the engine would give them; only what tests look at. */
function rows_of(count: number, query: AlertsQuery): AlertLine[] {
  const all = Array.from({ length: count }, (_, number): AlertLine => {
    const { time, severity, title, device, user, detection_source } = an_alert(number);
    return { number, time, severity, title, device: device || user, detection_source };
  });
  const wanted = query.text.toLowerCase();
  const found = all.filter(
    (row) =>
      (query.severities.length === 0 || query.severities.includes(row.severity)) &&
      (!query.since || (row.time ?? '') >= query.since) &&
      (!query.until || (row.time ?? '') < query.until) &&
      `${row.title} ${row.device} ${row.detection_source}`.toLowerCase().includes(wanted),
  );
  const key = (row: AlertLine) => (query.sort === 'severity' ? String(SEVERITIES.indexOf(row.severity)) : query.sort === 'title' ? row.title : query.sort === 'device' ? row.device : row.detection_source);
  const sorted = query.sort === 'time' ? found : [...found].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.number - b.number));
  return query.reversed ? sorted.reverse() : sorted;
}

function overview_of(count: number): AlertsOverview {
  const midnight = new Date(new Date().setHours(0, 0, 0, 0)).getTime();
  const bars = Array.from({ length: 31 }, (_, at) => {
    const since = new Date(midnight - (30 - at) * DAY).toISOString();
    const until = new Date(midnight - (29 - at) * DAY).toISOString();
    const inside = rows_of(count, { sort: 'time', reversed: false, severities: [], text: '', since, until });
    return { since, until, alerts: inside.length, high: inside.filter((row) => row.severity === 'high').length };
  });
  const rows = Array.from({ length: count }, (_, at) => an_alert(at));
  return {
    alerts: count,
    bytes: count * 6500,
    devices: new Set(rows.flatMap((row) => (row.device ? [row.device] : []))).size,
    people: new Set(rows.map((row) => row.user)).size,
    newest: rows[0]?.time ?? null,
    severities: SEVERITIES.map((severity) => ({ severity, alerts: rows.filter((row) => row.severity === severity).length })),
    histogram: { unit: 'day', bars: count > 0 ? bars : [], earlier: Math.max(0, count - bars.reduce((sum, bar) => sum + bar.alerts, 0)), untimed: 0 },
  };
}

export interface FakeOptions {
  customers?: CustomerView[];
  vault?: VaultState;
  /** The problem with which a request fails, by its name. */
  fails?: Partial<Record<keyof Host, Problem>>;
  /** Requests that wait until `release` is called. */
  holds?: (keyof Host)[];
  /** Alerts that a test pull finds. */
  alerts?: number;
  /** What a running test pull says besides. */
  pulled?: Partial<PullProgress>;
  practice?: boolean;
  /** What old files say. */
  old_files?: OldFiles;
  /** The files that were written last hold older values. */
  stale?: boolean;
  /** The customer that was open in the session before. */
  left_at?: string;
  /** What the settings say. */
  language?: string;
  /** A proxy setting of the system that is not followed. */
  unfollowed?: UnfollowedProxy;
}

export interface FakeHost extends Host {
  /** Names of the requests so far, in order. */
  readonly asked: string[];
  /** What was given with the last request of a name. */
  readonly given: Partial<Record<keyof Host, unknown[]>>;
  /** Lets a held request go on, or fail. */
  release(request: keyof Host, failure?: Problem): void;
  /** Says something more to whoever listens to the running consent. */
  tell(progress: Progress): void;
  /** The menu bar as it was last described. */
  menu(): MenuView[];
  /** Chooses in the menu bar. */
  choose(id: string): void;
  /** Drags files over the window, or drops them. */
  drag(drag: Drag): void;
  /** Changes how later requests fail. */
  fail(request: keyof Host, failure: Problem | null): void;
}

export function fake_host(options: FakeOptions = {}): FakeHost {
  let customers = [...(options.customers ?? [])];
  let vault = options.vault ?? 'open';
  let practice: PracticeView | null = options.practice ? PRACTICE : null;
  const fails = { ...options.fails };
  const asked: string[] = [];
  let listener: ((progress: Progress) => void) | null = null;
  let dragged: ((drag: Drag) => void) | null = null;
  const old = options.old_files ?? old_files();
  const given: Partial<Record<keyof Host, unknown[]>> = {};
  const held = new Map<keyof Host, { go: () => void; fail: (failure: Problem) => void }>();
  let running: keyof Host | null = null;
  /** Alerts of the last test pull that have arrived. */
  let arrived: number | null = null;

  const evidence = (key: Evidence['key'], ...facts: [string, string][]): Evidence => ({
    key, state: 'proven', facts: facts.map(([name, value]) => ({ name, value })),
  });
  const told = (key: Evidence['key'], ...facts: [string, string][]): Progress => ({ event: 'evidence', ...evidence(key, ...facts) });

  /** Notes a request; fails or holds it where the options say so. */
  async function arrive(request: keyof Host, arguments_: unknown[], cancellable = false): Promise<void> {
    asked.push(request);
    given[request] = arguments_;
    await Promise.resolve();
    if (options.holds?.includes(request)) {
      if (cancellable) {
        running = request;
      }
      try {
        await new Promise<void>((go, fail) => held.set(request, { go, fail }));
      } finally {
        running = null;
        held.delete(request);
      }
    }
    const failure = fails[request];
    if (failure) {
      throw failure;
    }
  }

  function find(id: string): CustomerView {
    const found = customers.find((one) => one.id === id || one.name === id);
    if (!found) {
      throw problem('customer-unknown', { customer: id });
    }
    return found;
  }
  function keep(customer: CustomerView): CustomerView {
    const kept = with_steps(customer);
    customers = customers.some((one) => one.id === kept.id) ? customers.map((one) => (one.id === kept.id ? kept : one)) : [...customers, kept];
    return kept;
  }
  const cloud = () => (practice ? PRACTICE_CLOUD : COMMERCIAL);

  function proposal(query: DestinationQuery): Destination {
    const connector = CONNECTORS.find((one) => one.id === query.connector);
    const grant = query.grant ?? connector?.grants[0] ?? 'refresh-token';
    const possible = !connector || connector.grants.includes(grant);
    return {
      source: query.source ?? 'graph-alerts',
      grant,
      possible,
      reason: possible ? null : grant === 'app-only' ? 'connector-needs-refresh-token' : 'connector-needs-app-only',
      clouds: practice ? [PRACTICE_CLOUD] : [COMMERCIAL, { ...COMMERCIAL, id: 'gcc-high', name: 'US Government GCC High', regions: ['us'] }],
      sources: [...SOURCES],
      connectors: CONNECTORS.map((one) => ({
        ...one,
        why_not: one.grants.includes(grant)
          ? null
          : {
              reason: grant === 'app-only' ? 'connector-needs-refresh-token' : 'connector-needs-app-only',
              instead: { source: query.source ?? 'graph-alerts', grant: grant === 'app-only' ? ('refresh-token' as const) : ('app-only' as const) },
            },
      })),
    };
  }
  let settings: SettingsView = {
    language: options.language ?? null,
    proxy: { mode: 'system', address: null, user: null, password_kept: false, bypass: 'localhost,127.0.0.0/8,::1', found: 'http://proxy.example:3128', unfollowed: options.unfollowed ?? null },
    authorities: [],
  };
  const bootstrap = (): Bootstrap => ({
    version: '0.1.0',
    vault,
    problem: vault === 'open' ? null : problem('vault-locked'),
    practice,
    data_folder: '/home/lena/.local/share/mssp-onboard',
    webview: 'WebKitGTK 2.50.4',
    session: false,
    left_at: practice ? null : (options.left_at ?? null),
    language: settings.language,
  });

  let bar: MenuView[] = [];
  let choose: (id: string) => void = () => undefined;

  return {
    asked,
    given,
    release(request, failure) {
      const waiting = held.get(request);
      if (!waiting) {
        throw new Error(`${request} is not held`);
      }
      if (failure) {
        waiting.fail(failure);
      } else {
        waiting.go();
      }
    },
    menu: () => bar,
    choose: (id) => choose(id),
    tell(progress) {
      listener?.(progress);
    },
    drag(drag) {
      dragged?.(drag);
    },
    fail(request, failure) {
      if (failure) {
        fails[request] = failure;
      } else {
        delete fails[request];
      }
    },

    async bootstrap() {
      await arrive('bootstrap', []);
      return bootstrap();
    },
    async unlock(passphrase) {
      await arrive('unlock', [passphrase]);
      vault = 'open';
      return bootstrap();
    },
    async customers() {
      await arrive('customers', []);
      return customers;
    },
    async customer(id) {
      await arrive('customer', [id]);
      return find(id);
    },
    async add_customer(request) {
      await arrive('add_customer', [request]);
      if (customers.some((one) => one.name === request.name)) {
        throw problem('customer-exists', { customer: request.name });
      }
      const wanted = proposal(request);
      return keep(
        a_customer({
          id: `customer-${customers.length + 1}`,
          name: request.name,
          tenant_id: practice ? PRACTICE.customer_tenant : CUSTOMER_TENANT,
          tenant_domain: request.tenant.includes('.') ? request.tenant : null,
          cloud: cloud(),
          region: request.region ?? null,
          connector: request.connector ?? null,
          source: wanted.source,
          grant: wanted.grant,
        }),
      );
    },
    async edit_customer(id, request) {
      await arrive('edit_customer', [id, request]);
      const before = find(id);
      const registration = request.registration;
      return keep({
        ...before,
        name: request.name ?? before.name,
        connector: request.connector ?? before.connector,
        source: request.source ?? before.source,
        grant: request.grant ?? before.grant,
        region: request.region ?? before.region,
        registration: registration
          ? {
              client_id: registration.client_id,
              home_tenant: registration.home_tenant ?? null,
              redirect_uri: registration.redirect_uri ?? 'http://localhost/SiemMsspConnector',
              secret_kept: registration.secret !== undefined || (before.registration?.secret_kept ?? false),
              secret_expires: registration.secret_expires ?? null,
            }
          : before.registration,
      });
    },
    async forget_customer(id) {
      await arrive('forget_customer', [id]);
      find(id);
      customers = customers.filter((one) => one.id !== id);
    },

    async find_tenant(request) {
      await arrive('find_tenant', [request]);
      const tenant_id = practice ? PRACTICE.customer_tenant : CUSTOMER_TENANT;
      return {
        tenant_id,
        domain: request.tenant.includes('.') ? request.tenant : null,
        cloud: cloud(),
        evidence: [evidence('tenant-exists', ['tenant-id', tenant_id], ['issuer', `https://login.microsoftonline.com/${tenant_id}/v2.0`]), evidence('clock-right', ['seconds-off', '0'])],
      };
    },
    async propose(request) {
      await arrive('propose', [request]);
      return proposal(request);
    },

    async registration_sheet(id) {
      await arrive('registration_sheet', [id]);
      const customer = find(id);
      return {
        portal: customer.cloud.app_portal ?? customer.cloud.portal,
        name: `${customer.name} SIEM MSSP connector`,
        account_types: 'Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant)',
        platform: 'Web',
        redirect_uri: 'http://localhost/SiemMsspConnector',
        permissions: [{ name: 'SecurityAlert.Read.All', api: 'Microsoft Graph', kind: customer.grant === 'app-only' ? 'application' : 'delegated' }],
      };
    },
    async open_registration_portal(id) {
      await arrive('open_registration_portal', [id]);
    },
    async check_registration(id) {
      await arrive('check_registration', [id]);
      const { registration } = find(id);
      if (!registration) {
        throw problem('step-missing', { step: 'register' });
      }
      return [
        evidence('registration-shape', ['client-id', registration.client_id], ['redirect-uri', registration.redirect_uri]),
        registration.home_tenant ? evidence('secret-accepted', ['tenant-id', registration.home_tenant]) : { key: 'secret-accepted', state: 'not-yet', facts: [] },
      ];
    },

    async consent(request, progress) {
      listener = progress;
      const customer = find(request.customer);
      const until = new Date(Date.now() + request.timeout_seconds * 1000).toISOString();
      queueMicrotask(() => {
        if (request.catcher === 'browser') {
          progress(told('catcher-ready', ['host', 'localhost'], ['port', '53127']));
        }
        progress({ event: 'sign-in', url: `https://login.microsoftonline.com/${customer.tenant_id}/oauth2/v2.0/authorize?state=x`, expires: until });
        if (request.open) {
          progress({ event: 'browser-opened' });
        }
        progress({ event: 'waiting', waiting_for: 'sign-in', until, attempts: 0 });
        progress({ event: 'evidence', key: 'sign-in-returned', state: 'checking', facts: [] });
      });
      await arrive('consent', [request], true);
      if (request.catcher === 'handoff' && customer.grant === 'refresh-token') {
        const handoff = find(request.customer).handoff;
        const agreed = keep({ ...customer, ...(handoff ? { handoff: { ...handoff, agreed_at: new Date().toISOString() } } : {}) });
        return { customer: agreed, evidence: [evidence('admin-agreed', ['proof', 'answer'])] };
      }
      const result = keep({ ...done_until('consent', customer), consent: done_until('consent').consent });
      return {
        customer: result,
        evidence: [
          evidence('sign-in-returned', ['state', 'matches']),
          evidence('tenant-matches', ['expected', customer.tenant_id], ['actual', customer.tenant_id]),
          evidence('permissions-granted', ['granted', 'SecurityAlert.Read.All']),
          ...(customer.grant === 'refresh-token' ? [evidence('sign-in-sealed')] : []),
        ],
      };
    },
    async browsers() {
      await arrive('browsers', []);
      return [
        { id: 'microsoft-edge', name: 'Microsoft Edge', private: true, default: true },
        { id: 'firefox', name: 'Firefox', private: true, default: false },
      ];
    },
    async handoff(request) {
      await arrive('handoff', [request]);
      const customer = find(request.customer);
      const state = (request.anew ? null : customer.handoff) ?? { made: new Date().toISOString(), until: new Date(Date.now() + 30 * DAY).toISOString(), agreed_at: null };
      keep({ ...customer, handoff: state });
      return {
        link: `https://login.microsoftonline.com/${customer.tenant_id}/v2.0/adminconsent?client_id=${CLIENT_ID}&state=${request.anew ? 'newer' : 'x'}`,
        host: 'login.microsoftonline.com',
        qr: { size: 21, path: 'M0 0h7v1h-7zM14 0h7v1h-7z', text: '' },
        customer: customer.name,
        tenant_id: customer.tenant_id,
        tenant_domain: customer.tenant_domain,
        app_name: `${customer.name} SIEM MSSP connector`,
        client_id: customer.registration?.client_id ?? CLIENT_ID,
        permissions: [{ name: 'SecurityAlert.Read.All', api: 'Microsoft Graph', kind: customer.grant === 'app-only' ? 'application' : 'delegated' }],
        sign_in_follows: customer.grant === 'refresh-token',
        state,
      };
    },
    async qr_code(address) {
      await arrive('qr_code', [address]);
      return { size: 21, path: 'M0 0h7v1h-7zM14 0h7v1h-7z', text: '' };
    },
    async save_mail(name, text) {
      await arrive('save_mail', [name, text]);
      return `/home/engineer/${name}`;
    },
    async compare_redirect(request) {
      await arrive('compare_redirect', [request]);
      const sent = find(request.customer).registration?.redirect_uri ?? '';
      const same = sent === request.registered;
      return {
        registered: request.registered,
        sent,
        difference: same ? null : 'case',
        refused: null,
        first: same ? null : 17,
        runs: same ? [{ side: 'both', text: sent }] : [{ side: 'both', text: 'http://localhost/' }, { side: 'registered', text: 's' }, { side: 'sent', text: 'S' }, { side: 'both', text: 'iemMsspConnector' }],
        odd: [],
      };
    },
    async paste_address(address) {
      await arrive('paste_address', [address]);
      if (running !== 'consent') {
        throw problem('callback-refused', { reason: 'no-sign-in-is-waiting' });
      }
      if (!address.includes('code=') && !address.includes('admin_consent=')) {
        throw problem('callback-refused', { reason: 'it carries neither a code nor an error' });
      }
      held.get('consent')?.go();
    },

    async portal_step(id) {
      await arrive('portal_step', [id]);
      const customer = find(id);
      return {
        needed: customer.source === 'siem-detections',
        url: `${customer.cloud.portal}?tid=${customer.tenant_id}`,
        application_id: customer.registration?.client_id ?? '',
        tenant_id: customer.registration?.home_tenant ?? null,
      };
    },
    async open_portal(id) {
      await arrive('open_portal', [id]);
    },
    async authorise(request, progress) {
      const customer = find(request.customer);
      queueMicrotask(() => {
        progress({ event: 'evidence', key: 'api-answers', state: 'checking', facts: [] });
        if (request.wait_seconds > 0) {
          progress({ event: 'waiting', waiting_for: 'authorisation', until: new Date(Date.now() + request.wait_seconds * 1000).toISOString(), attempts: 1 });
        }
      });
      await arrive('authorise', [request], true);
      return { customer: keep({ ...customer, authorisation: { at: new Date().toISOString() } }), evidence: [evidence('api-answers', ['host', 'graph.microsoft.com'])] };
    },

    async suggested_folder(id) {
      await arrive('suggested_folder', [id]);
      return `/home/lena/MSSP Onboard/${find(id).name}`;
    },
    async choose_folder(start) {
      await arrive('choose_folder', [start]);
      return `${start} (chosen)`;
    },
    async preview_files(request) {
      await arrive('preview_files', [request]);
      const written = find(request.customer).export;
      const there = written?.folder === request.folder && written.connector === request.connector;
      return {
        connector: request.connector,
        files: files_of(request.connector).map((file, at) => ({
          name: file.name,
          secret: file.secret,
          role: file.name === 'manifest.json' ? 'checksums' : file.name === 'VALUES-TO-TYPE.txt' ? 'values-to-type' : at === 0 ? 'sign-in' : 'field-mapping',
          parts: file.secret
            ? [{ text: `# Contoso Logistics\nclient_id=${CLIENT_ID}\nclient_secret=`, hidden: null }, { text: '', hidden: 'client-secret' as const }, { text: '\nscope=\n', hidden: null }]
            : [{ text: 'token.count=50\n', hidden: null }],
          place: file.name === 'manifest.json' ? 'keep' : file.name === 'VALUES-TO-TYPE.txt' ? 'type' : 'copy-to',
          at: file.name === 'manifest.json' ? '' : '<connector folder>/current/user/agent/flexagent/',
          change: there ? (options.stale && file.secret ? ('changed' as const) : ('same' as const)) : ('new' as const),
        })),
        gone: [],
        notes: request.connector === 'arcsight' ? ['values-to-type', 'flexconnector-retired'] : ['secrets-in-clear'],
      };
    },
    async copy_hidden_value(customer, value) {
      await arrive('copy_hidden_value', [customer, value]);
      return 30;
    },
    async export_files(request, progress) {
      const customer = find(request.customer);
      if (fails.export_files?.code === 'files-exist' && request.overwrite) {
        delete fails.export_files;
      }
      await arrive('export_files', [request], true);
      const files = files_of(request.connector);
      for (const file of files) {
        progress({ event: 'file', name: file.name });
      }
      progress(told('files-written', ['folder', request.folder], ['files', String(files.length)]));
      const written = { at: new Date().toISOString(), folder: request.folder, connector: request.connector, files };
      return {
        folder: request.folder,
        connector: request.connector,
        files,
        notes: request.connector === 'arcsight' ? ['values-to-type'] : [],
        customer: keep({ ...customer, connector: request.connector, export: written, proof: null }),
      };
    },
    async open_folder(id) {
      await arrive('open_folder', [id]);
    },
    async verify(id, folder, progress) {
      const customer = find(id);
      const count = options.alerts ?? 214;
      const half = Math.floor(count / 2);
      arrived = half;
      queueMicrotask(() => {
        progress(told('files-read-back', ['connector', customer.export?.connector ?? 'generic']));
        progress(told('token-from-files', ['tenant-id', customer.tenant_id], ['granted', 'SecurityAlert.Read.All'], ['grant', customer.grant]));
        progress({ event: 'evidence', key: 'alerts-pulled', state: 'checking', facts: [] });
        progress({ event: 'pulled', alerts: half, bytes: 640_000, ago: 'P30D', request: 3, attempt: 1, seconds_left: 9, ...options.pulled });
      });
      await arrive('verify', [id, folder], true);
      arrived = count;
      const at = new Date().toISOString();
      const files = (customer.export?.files ?? []).map(proven);
      return {
        at,
        folder,
        connector: customer.export?.connector ?? 'generic',
        files,
        evidence: [
          evidence('files-read-back', ['connector', customer.export?.connector ?? 'generic']),
          evidence('token-from-files', ['tenant-id', customer.tenant_id], ['granted', 'SecurityAlert.Read.All'], ['grant', customer.grant]),
          evidence('alerts-pulled', ['alerts', String(count)]),
        ],
        pull: { alerts: count, repeats: 0, bytes: count * 6500, requests: Math.max(1, Math.ceil(count / 100)), milliseconds: 1900, since: new Date(Date.now() - 30 * DAY).toISOString(), until: at, notes: [] },
        looked: count > 0 ? [{ ago: 'PT2H', alerts: 0 }, { ago: 'PT24H', alerts: 0 }, { ago: 'P30D', alerts: count }] : ['PT2H', 'PT24H', 'P30D'].map((ago) => ({ ago, alerts: 0 })),
        alerts: [],
        customer: keep({ ...customer, proof: { at, alerts: count, files } }),
      };
    },

    async alerts_overview(id) {
      await arrive('alerts_overview', [id]);
      return arrived === null ? null : overview_of(arrived);
    },
    async alerts_page(query, start, count) {
      await arrive('alerts_page', [query, start, count]);
      const rows = rows_of(arrived ?? 0, query);
      return { matching: rows.length, start, rows: rows.slice(start, start + count) };
    },
    async alert(number) {
      await arrive('alert', [number]);
      const row = an_alert(number);
      return {
        number,
        row,
        detail: {
          description: 'A process with a suspicious command line was started.',
          recommended: 'Look for the file on other devices.',
          facts: [{ name: 'status', value: 'new' }, { name: 'first-activity', value: row.time ?? '' }, { name: 'techniques', value: 'T1003.001' }],
          evidence: [{ kind: 'process', name: 'powershell.exe', facts: [{ name: 'command-line', value: 'powershell.exe -NoExit' }] }],
          more_evidence: 0,
          links: [{ kind: 'alert', url: row.url }, { kind: 'incident', url: 'https://portal.example/incidents/1' }],
        },
        opens: ['alert'],
      };
    },
    async open_alert_link(number, kind) {
      await arrive('open_alert_link', [number, kind]);
    },
    async save_alerts(query, form) {
      await arrive('save_alerts', [query, form]);
      const rows = rows_of(arrived ?? 0, query);
      return { path: `/home/lena/alerts.${form}`, alerts: rows.length, bytes: rows.length * 6500 };
    },
    async show_saved_alerts() {
      await arrive('show_saved_alerts', []);
    },
    async forget_alerts(id) {
      await arrive('forget_alerts', [id]);
      arrived = null;
    },

    async cancel() {
      await arrive('cancel', []);
      if (running) {
        held.get(running)?.fail(problem('cancelled'));
      }
    },
    async journal() {
      await arrive('journal', []);
      return { entries: [], verified: true };
    },
    async speak(language) {
      await arrive('speak', [language]);
      settings = { ...settings, language };
    },
    async remember_place(customer) {
      await arrive('remember_place', [customer]);
    },

    async settings() {
      await arrive('settings', []);
      return settings;
    },
    async edit_settings(request) {
      await arrive('edit_settings', [request]);
      const { language, proxy, trust, distrust } = request;
      settings = {
        language: language ?? settings.language,
        proxy: proxy
          ? {
              ...settings.proxy,
              mode: proxy.mode,
              address: proxy.address ?? settings.proxy.address,
              user: proxy.user ?? settings.proxy.user,
              bypass: proxy.bypass ?? settings.proxy.bypass,
              password_kept: proxy.password ? true : settings.proxy.password_kept,
            }
          : settings.proxy,
        authorities: [...settings.authorities.filter((one) => one.sha256 !== distrust), ...(trust ? [AUTHORITY] : [])],
      };
      return settings;
    },
    async choose_old_files(folder) {
      await arrive('choose_old_files', [folder]);
      return folder ? [OLD_FOLDER] : [OLD_CLIENT];
    },
    async inspect_old_files(request) {
      await arrive('inspect_old_files', [request]);
      return { ...old, paths: request.paths };
    },
    async onboard_old_files(request, progress) {
      await arrive('onboard_old_files', [request, progress]);
      const one = old.found.find((found) => found.index === request.index);
      if (customers.some((customer) => customer.name === request.name)) {
        throw problem('customer-exists', { customer: request.name });
      }
      const held = one?.secret === 'present' && one.refresh_token === 'present';
      const given = { id: `customer-${customers.length + 1}`, name: request.name, source: request.source ?? one?.source ?? 'graph-alerts' };
      const customer = keep(held ? done_until('consent', given) : done_until(one?.secret === 'present' ? 'register' : 'destination', given));
      return {
        customer,
        access: held ? 'proven' : 'nothing-to-try',
        problem: null,
        evidence: [],
        notes: held ? ['old-siem-holds-sign-in', 'old-files-hold-secret'] : [],
      };
    },
    async forget_old_files(handle) {
      await arrive('forget_old_files', [handle]);
    },
    async on_drag(told) {
      await Promise.resolve();
      dragged = told;
    },
    async choose_file() {
      await arrive('choose_file', []);
      return '/home/lena/inspection-ca.pem';
    },
    async look_at_authorities(file) {
      await arrive('look_at_authorities', [file]);
      return [AUTHORITY];
    },
    async check_network() {
      await arrive('check_network', []);
      return [
        { host: 'login.microsoftonline.com', milliseconds: 182, problem: null },
        {
          host: 'graph.microsoft.com',
          milliseconds: 95,
          problem: problem('tls-refused', { host: 'graph.microsoft.com', reason: 'certificate-issuer-unknown', issuer: AUTHORITY.subject }, {
            causes: [{ name: 'traffic-inspected', who: 'provider-admin' }, { name: 'private-authority', who: 'you' }],
          }),
        },
      ];
    },

    async practice_start() {
      await arrive('practice_start', []);
      practice = PRACTICE;
      customers = [];
      return PRACTICE;
    },
    async practice_scenarios(scenarios) {
      await arrive('practice_scenarios', [scenarios]);
      practice = { ...PRACTICE, scenarios };
      return practice;
    },
    async practice_stop() {
      await arrive('practice_stop', []);
      practice = null;
      customers = [...(options.customers ?? [])];
    },
    async practice_fill_registration(id) {
      await arrive('practice_fill_registration', [id]);
      const customer = find(id);
      return keep({
        ...customer,
        registration: { client_id: PRACTICE.client_id, home_tenant: PRACTICE.provider_tenant, redirect_uri: 'http://localhost/SiemMsspConnector', secret_kept: true, secret_expires: null },
      });
    },

    async show_menu(menus, chosen) {
      bar = menus;
      choose = chosen;
    },
    async notify(title, body) {
      await arrive('notify', [title, body]);
    },
    async zoom(factor) {
      await arrive('zoom', [factor]);
    },
    async quit() {
      await arrive('quit', []);
    },

    window_theme: () => Promise.resolve(null),
  };
}
