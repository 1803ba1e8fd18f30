/** What the fake host knows of Microsoft and of SIEMs: examples, a part of the catalogue, and the words of its answers. */
import type { AuthorityView } from '../../contract/AuthorityView';
import type { CloudView } from '../../contract/CloudView';
import type { ConnectorView } from '../../contract/ConnectorView';
import type { Evidence } from '../../contract/Evidence';
import type { OldConnector } from '../../contract/OldConnector';
import type { OldFiles } from '../../contract/OldFiles';
import type { Problem } from '../../contract/Problem';
import type { ProblemCode } from '../../contract/ProblemCode';
import type { Progress } from '../../contract/Progress';
import type { SourceView } from '../../contract/SourceView';
import type { PracticeView } from '../index';

export const DAY = 86_400_000;

export const COMMERCIAL: CloudView = {
  id: 'commercial',
  name: 'Commercial',
  custom: false,
  portal: 'https://security.microsoft.com/',
  app_portal: 'https://entra.microsoft.com/',
  regions: ['eu', 'us', 'uk'],
};
export const PRACTICE_CLOUD: CloudView = {
  id: 'practice',
  name: 'Practice',
  custom: true,
  portal: 'http://127.0.0.1:40001/portal',
  app_portal: null,
  regions: ['eu', 'us', 'uk'],
};
export const SOURCES: readonly SourceView[] = [
  { id: 'graph-alerts', name: 'Microsoft Graph alerts', ends: null, ended: false, replaced_by: null, checked: '2026-11-20', possible: true, portal_authorisation: false },
  { id: 'defender-alerts', name: 'Microsoft Defender for Endpoint alerts', ends: '2027-02-01', ended: false, replaced_by: 'graph-alerts', checked: '2026-11-20', possible: true, portal_authorisation: false },
  { id: 'siem-detections', name: 'Legacy SIEM detections', ends: '2023-12-31', ended: true, replaced_by: 'graph-alerts', checked: '2026-11-20', possible: true, portal_authorisation: true },
];
export const CONNECTORS: readonly Omit<ConnectorView, 'why_not'>[] = [
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

export const PRACTICE: PracticeView = {
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

/** A piece of evidence that was proven. */
export const evidence = (key: Evidence['key'], ...facts: [string, string][]): Evidence => ({
  key, state: 'proven', facts: facts.map(([name, value]) => ({ name, value })),
});
/** The same, as progress says it. */
export const told = (key: Evidence['key'], ...facts: [string, string][]): Progress => ({ event: 'evidence', ...evidence(key, ...facts) });

export const OLD_FOLDER = '/opt/arcsight/contoso/current/user/agent/flexagent';
export const OLD_CLIENT = `${OLD_FOLDER}/WDATP-connector.properties`;
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
