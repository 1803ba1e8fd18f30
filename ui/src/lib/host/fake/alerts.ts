/** What the last test pull has gathered. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { an_alert, overview_of, rows_of } from './made_up_alerts';

export const alerts_answers = (desk: Desk) => ({
  async alerts_overview(id) {
    await desk.arrive('alerts_overview', [id]);
    return desk.arrived === null ? null : overview_of(desk.arrived);
  },
  async alerts_page(query, start, count) {
    await desk.arrive('alerts_page', [query, start, count]);
    const rows = rows_of(desk.arrived ?? 0, query);
    return { matching: rows.length, start, rows: rows.slice(start, start + count) };
  },
  async alert(number) {
    await desk.arrive('alert', [number]);
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
    await desk.arrive('open_alert_link', [number, kind]);
  },
  async save_alerts(query, form) {
    await desk.arrive('save_alerts', [query, form]);
    const rows = rows_of(desk.arrived ?? 0, query);
    return { path: `/home/lena/alerts.${form}`, alerts: rows.length, bytes: rows.length * 6500 };
  },
  async show_saved_alerts() {
    await desk.arrive('show_saved_alerts', []);
  },
  async forget_alerts(id) {
    await desk.arrive('forget_alerts', [id]);
    desk.arrived = null;
  },
}) satisfies Partial<Host>;
