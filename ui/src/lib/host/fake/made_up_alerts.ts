/** The alerts of the fake host: as many as asked, found and sorted as the engine would, and counted. */
import type { AlertLine } from '../../contract/AlertLine';
import type { AlertRow } from '../../contract/AlertRow';
import type { AlertsOverview } from '../../contract/AlertsOverview';
import type { AlertsQuery } from '../../contract/AlertsQuery';
import { DAY } from './made_up';

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
export function rows_of(count: number, query: AlertsQuery): AlertLine[] {
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

export function overview_of(count: number): AlertsOverview {
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
