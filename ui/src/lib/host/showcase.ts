/**
 * The window's pages in a plain browser, without a shell: `?screen=consent-waiting&theme=dark&lang=ko`. For looking at
 * pages while working on them; not part of what is shipped.
 */
import type { CustomerView } from '../contract/CustomerView';
import type { Progress } from '../contract/Progress';
import type { Step } from '../contract/Step';
import { isLocale } from '../paraglide/runtime';
import type { App, Stage } from '../state/app.svelte';
import { screens } from '../screens/index.svelte';
import { language } from '../state/language.svelte';
import { theme } from '../state/theme.svelte';
import { done_until, fake_host, problem, type FakeHost, type FakeOptions } from './fake';
import type { Host } from './index';

interface Scene {
  host?: FakeOptions;
  /** The page to begin on, for the first customer. */
  stage?: Stage;
  begin?: boolean;
  /** What a person does there: the ids of what is pressed, in order. */
  presses?: string[];
  types?: Record<string, string>;
  /** What the engine tells then. */
  tells?: Progress[];
}

const until = (step: Step, given: Partial<CustomerView> = {}) => done_until(step, given);
const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const registered = until('register').registration;
const legacy: Partial<CustomerView> = { source: 'siem-detections', region: 'eu', connector: 'splunk-rest', name: 'Fabrikam Air Cargo', tenant_domain: 'fabrikam.com' };
const many: CustomerView[] = [
  until('consent', { ...legacy, id: '1' }),
  until('test-pull', { id: '2', name: '한빛제약 주식회사 (Hanbit Pharma)', tenant_domain: 'hanbit-pharma.example', registration: registered && { ...registered, secret_expires: in_days(9) } }),
  until('test-pull', { id: '3', name: 'Alpine Dairy Cooperative', tenant_domain: 'alpine-dairy.example', source: 'defender-alerts', registration: registered && { ...registered, secret_expires: in_days(-8) } }),
  until('destination', { id: '4', name: 'Gemeenschappelijke Dienst Informatievoorziening Nieuw-Vossemeer, Steenbergen en Omstreken', tenant_domain: 'gd-informatievoorziening-nieuw-vossemeer-steenbergen.example' }),
  until('register', { id: '5', name: 'Tailspin Insurance', tenant_domain: 'tailspin.example' }),
  until('test-pull', { id: '6', name: '台北港聯合診所', tenant_domain: 'taipei-harbour-clinics.example', connector: 'generic' }),
  until('test-pull', { id: '7' }),
];

const SCENES: Record<string, Scene> = {
  customers: { host: { customers: many } },
  'customers-empty': {},
  forget: { host: { customers: many }, presses: ['.acts .btn--icon'] },
  'import-empty': { presses: ['#import-open'] },
  import: { presses: ['#import-open', '#import-files'] },
  'import-done': { presses: ['#import-open', '#import-files', '#import-go'] },
  unlock: { host: { vault: 'locked-passphrase' } },
  settings: { presses: ['#settings'] },
  'no-keyring': { host: { vault: 'no-keyring' } },
  destination: { presses: ['#onboard'], types: { name: 'Contoso Logistics', tenant: 'contoso.com' } },
  'destination-chosen': { presses: ['#onboard', '[data-testid=siem-arcsight]'], types: { name: 'Contoso Logistics', tenant: 'contoso.com' } },
  'destination-ending': { presses: ['#onboard', '[data-testid=siem-generic]', '[data-testid=choose-other]', '[data-testid=source-siem-detections]'], types: { name: 'Fabrikam Air Cargo', tenant: 'fabrikam.com' } },
  'destination-unknown': { host: { fails: { find_tenant: problem('tenant-not-found', { tenant: 'contosso.com', cloud: 'Commercial' }) } }, presses: ['#onboard', '#primary'], types: { name: 'Contoso', tenant: 'contosso.com' } },
  register: { host: { customers: [until('destination')] }, stage: 'register' },
  'register-secret-id': {
    host: { customers: [until('destination')] },
    stage: 'register',
    types: { 'client-id': '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93', 'home-tenant': 'b3d09a54-1f62-4e7b-a9c8-50e2d6f7183c', secret: 'd81f6b02-0000-0000-0000-000000000000', 'secret-expires': '2027-11-20' },
  },
  'register-done': { host: { customers: [until('register')] }, stage: 'register', presses: ['#primary'] },
  'register-wrong': {
    host: { customers: [until('register')], fails: { check_registration: problem('secret-wrong', {}, { microsoft: { error: 'invalid_client', code: 'AADSTS7000215', message: 'Invalid client secret provided.', trace_id: '1d21fd2c-7a0d-44d3-b1f2-0b2a64ad1a00', correlation_id: '5b0cf1d2-7a7f-4d79-8c44-1f2f8f1a9d33', timestamp: '2026-11-20 14:02:11Z' }, details: ['the token endpoint refused the app'] }) } },
    stage: 'register',
    presses: ['#primary'],
  },
  consent: { host: { customers: [until('register')] }, stage: 'consent' },
  'consent-waiting': { host: { customers: [until('register')], holds: ['consent'] }, stage: 'consent', presses: ['#primary'] },
  'consent-noticed': {
    host: { customers: [until('register')], holds: ['consent'] }, stage: 'consent', presses: ['#primary'],
    tells: [
      { event: 'noticed', notice: 'not-an-answer', reason: 'wrong-state', times: 1 },
      { event: 'noticed', notice: 'page-turned-away', reason: null, times: 2 },
      { event: 'noticed', notice: 'tls-spoken', reason: null, times: 1 },
      { event: 'noticed', notice: 'nothing-arrives', reason: null, times: 1 },
    ],
  },
  'consent-paste': { host: { customers: [until('register')], holds: ['consent'] }, stage: 'consent', presses: ['#consent-paste'] },
  'consent-handoff': { host: { customers: [until('register')] }, stage: 'consent', presses: ['#consent-handoff'] },
  'consent-done': { host: { customers: [until('register')] }, stage: 'consent', presses: ['#primary'] },
  'consent-wrong-tenant': {
    host: { customers: [until('register')], fails: { consent: problem('wrong-tenant', { expected: until('register').tenant_id, actual: '91d0aa34-2c6e-4f07-b5d8-0e43c1f977b1' }) } },
    stage: 'consent',
    presses: ['#primary'],
  },
  'consent-blocked': {
    host: { customers: [until('register')], fails: { consent: problem('conditional-access', {}, { who: 'customer-admin', microsoft: { error: 'invalid_grant', code: 'AADSTS53003', message: 'Access has been blocked by Conditional Access policies.', trace_id: '1d21fd2c-7a0d-44d3-b1f2-0b2a64ad1a00', correlation_id: '5b0cf1d2-7a7f-4d79-8c44-1f2f8f1a9d33', timestamp: '2026-11-20 14:02:11Z' }, details: ['Entra refused the sign-in'] }) } },
    stage: 'consent',
    presses: ['#primary'],
  },
  authorise: { host: { customers: [until('consent', legacy)], holds: ['authorise'] }, stage: 'authorise' },
  'authorise-pending': { host: { customers: [until('consent', legacy)], fails: { authorise: problem('authorisation-pending') } }, stage: 'authorise' },
  'authorise-done': { host: { customers: [until('consent', legacy)] }, stage: 'authorise' },
  'authorise-not-needed': { host: { customers: [until('consent')] }, stage: 'authorise' },
  'authorise-unlicensed': { host: { customers: [until('consent')], fails: { authorise: problem('not-licensed', {}, { who: 'customer-admin' }) } }, stage: 'authorise' },
  export: { host: { customers: [until('authorise')] }, stage: 'export' },
  'export-overwrite': { host: { customers: [until('authorise')], fails: { export_files: problem('files-exist', { folder: '/home/lena/MSSP Onboard', files: 'WDATP-connector.properties, manifest.json' }) } }, stage: 'export', presses: ['#primary'] },
  'export-done': { host: { customers: [until('authorise')] }, stage: 'export', presses: ['#primary'] },
  'test-pull': { host: { customers: [until('export')] }, stage: 'test-pull' },
  'test-pull-busy': { host: { customers: [until('export')], holds: ['verify'] }, stage: 'test-pull', begin: true },
  'test-pull-done': { host: { customers: [until('export')] }, stage: 'test-pull', begin: true },
  'test-pull-waits': { host: { customers: [until('export')], holds: ['verify'], pulled: { attempt: 2, waits: { why: 'throttled', until: new Date(Date.now() + 27_000).toISOString() } } }, stage: 'test-pull', begin: true },
  'test-pull-stopped': { host: { customers: [until('export')], holds: ['verify'] }, stage: 'test-pull', begin: true, presses: ['#cancel'] },
  'test-pull-alert': { host: { customers: [until('export')] }, stage: 'test-pull', begin: true, presses: ['[data-testid=alert-row]'] },
  'test-pull-none': { host: { customers: [until('export')], alerts: 0 }, stage: 'test-pull', begin: true },
  'test-pull-failed': { host: { customers: [until('export')], fails: { verify: problem('files-incomplete', { file: 'WDATP-connector.properties', line: '4', reason: 'key-missing' }) } }, stage: 'test-pull', begin: true },
  finish: { host: { customers: [until('test-pull')] }, stage: 'finish' },
  practice: { host: { practice: true, customers: [until('register', { name: 'Practice customer', tenant_domain: 'practice-customer.example', connector: 'generic' })] }, stage: 'consent' },
  'practice-register': { host: { practice: true, customers: [until('destination', { name: 'Practice customer', tenant_domain: 'practice-customer.example', connector: 'generic' })] }, stage: 'register' },
  'practice-start': { presses: ['#rehearse'] },
};

/** Long enough for the page to be drawn and for the fake to answer; also where nobody asks for frames. */
const frames = () => new Promise<void>((resolve) => setTimeout(resolve, 30));

/** Types as a person does: focus, text, and on to the next field. */
function enter(id: string, text: string): void {
  const field = document.getElementById(id);
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    field.blur();
  }
}

async function play(scene: Scene, app: App, host: FakeHost): Promise<void> {
  const [first] = app.customers;
  if (scene.stage && first) {
    app.open(first);
    app.go(scene.stage, { begin: scene.begin ?? false });
  }
  await frames();
  for (const [at, press] of (scene.presses ?? []).entries()) {
    document.querySelector<HTMLElement>(press)?.click();
    await frames();
    if (at === 0 && scene.types) {
      for (const [id, text] of Object.entries(scene.types)) {
        enter(id, text);
        await frames();
      }
    }
  }
  if (!scene.presses) {
    for (const [id, text] of Object.entries(scene.types ?? {})) {
      enter(id, text);
      await frames();
    }
  }
  scene.tells?.forEach((progress) => host.tell(progress));
  await frames();
}

/** Leaves what axe finds on the page in an attribute of the root, for whoever reads the page from outside. */
async function judge(): Promise<void> {
  const { default: axe } = await import('axe-core');
  const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(' ')} ${node.any.map((check) => check.message).join('; ')}`).join(' | ')}`);
  document.documentElement.setAttribute('data-axe', found.join(' ## ') || 'none');
}

/** What `App` is mounted with for the page that the address names. */
export async function showcase(query: URLSearchParams): Promise<{ host: Host; onready: (app: App) => void }> {
  const scene = SCENES[query.get('screen') ?? 'customers-empty'] ?? {};
  const locale = query.get('lang');
  await screens.load_all();
  if (isLocale(locale)) {
    await language.load(locale);
    language.choose(locale);
  }
  const shade = query.get('theme');
  const host = fake_host(scene.host);
  return {
    host,
    onready: (app) => {
      if (shade === 'light' || shade === 'dark') {
        theme.choose(shade);
      }
      void play(scene, app, host).then(async () => {
        if (query.has('axe')) {
          await judge();
        }
        document.documentElement.setAttribute('data-ready', 'true');
      });
    },
  };
}

export const SCREENS = Object.keys(SCENES);
