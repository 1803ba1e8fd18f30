/** Settings and the network. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { AUTHORITY, problem } from './made_up';

export const settings_answers = (desk: Desk) => ({
  async settings() {
    await desk.arrive('settings', []);
    return desk.settings;
  },
  async edit_settings(request) {
    await desk.arrive('edit_settings', [request]);
    const { language, proxy, trust, distrust } = request;
    desk.settings = {
      language: language ?? desk.settings.language,
      proxy: proxy
        ? {
            ...desk.settings.proxy,
            mode: proxy.mode,
            address: proxy.address ?? desk.settings.proxy.address,
            user: proxy.user ?? desk.settings.proxy.user,
            bypass: proxy.bypass ?? desk.settings.proxy.bypass,
            password_kept: proxy.password ? true : desk.settings.proxy.password_kept,
          }
        : desk.settings.proxy,
      authorities: [...desk.settings.authorities.filter((one) => one.sha256 !== distrust), ...(trust ? [AUTHORITY] : [])],
    };
    return desk.settings;
  },
  async choose_file() {
    await desk.arrive('choose_file', []);
    return '/home/lena/inspection-ca.pem';
  },
  async look_at_authorities(file) {
    await desk.arrive('look_at_authorities', [file]);
    return [AUTHORITY];
  },
  async check_network() {
    await desk.arrive('check_network', []);
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
}) satisfies Partial<Host>;
