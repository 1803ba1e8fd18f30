/** Files written, read back and proven. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { CLIENT_ID, DAY, evidence, told } from './made_up';
import { files_of, proven } from './made_up_customers';

export const files_answers = (desk: Desk) => ({
  async suggested_folder(id) {
    await desk.arrive('suggested_folder', [id]);
    return `/home/lena/MSSP Onboard/${desk.find(id).name}`;
  },
  async choose_folder(start) {
    await desk.arrive('choose_folder', [start]);
    return `${start} (chosen)`;
  },
  async preview_files(request) {
    await desk.arrive('preview_files', [request]);
    const written = desk.find(request.customer).export;
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
        change: there ? (desk.options.stale && file.secret ? ('changed' as const) : ('same' as const)) : ('new' as const),
      })),
      gone: [],
      notes: request.connector === 'arcsight' ? ['values-to-type', 'flexconnector-retired'] : ['secrets-in-clear'],
    };
  },
  async copy_hidden_value(customer, value) {
    await desk.arrive('copy_hidden_value', [customer, value]);
    return 30;
  },
  async export_files(request, progress) {
    const customer = desk.find(request.customer);
    if (desk.fails.export_files?.code === 'files-exist' && request.overwrite) {
      delete desk.fails.export_files;
    }
    await desk.arrive('export_files', [request], true);
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
      customer: desk.keep({ ...customer, connector: request.connector, export: written, proof: null }),
    };
  },
  async open_folder(id) {
    await desk.arrive('open_folder', [id]);
  },
  async verify(id, folder, progress) {
    const customer = desk.find(id);
    const count = desk.options.alerts ?? 214;
    const half = Math.floor(count / 2);
    desk.arrived = half;
    queueMicrotask(() => {
      progress(told('files-read-back', ['connector', customer.export?.connector ?? 'generic']));
      progress(told('token-from-files', ['tenant-id', customer.tenant_id], ['granted', 'SecurityAlert.Read.All'], ['grant', customer.grant]));
      progress({ event: 'evidence', key: 'alerts-pulled', state: 'checking', facts: [] });
      progress({ event: 'pulled', alerts: half, bytes: 640_000, ago: 'P30D', request: 3, attempt: 1, seconds_left: 9, ...desk.options.pulled });
    });
    await desk.arrive('verify', [id, folder], true);
    desk.arrived = count;
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
      customer: desk.keep({ ...customer, proof: { at, alerts: count, files } }),
    };
  },
}) satisfies Partial<Host>;
