/** Registration, consent and authorisation: what gives access. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { CLIENT_ID, DAY, evidence, problem, told } from './made_up';
import { done_until } from './made_up_customers';

export const access_answers = (desk: Desk) => ({
  async registration_sheet(id) {
    await desk.arrive('registration_sheet', [id]);
    const customer = desk.find(id);
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
    await desk.arrive('open_registration_portal', [id]);
  },
  async check_registration(id) {
    await desk.arrive('check_registration', [id]);
    const { registration } = desk.find(id);
    if (!registration) {
      throw problem('step-missing', { step: 'register' });
    }
    return [
      evidence('registration-shape', ['client-id', registration.client_id], ['redirect-uri', registration.redirect_uri]),
      registration.home_tenant ? evidence('secret-accepted', ['tenant-id', registration.home_tenant]) : { key: 'secret-accepted', state: 'not-yet', facts: [] },
    ];
  },

  async consent(request, progress) {
    desk.listener = progress;
    const customer = desk.find(request.customer);
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
    await desk.arrive('consent', [request], true);
    if (request.catcher === 'handoff' && customer.grant === 'refresh-token') {
      const handoff = desk.find(request.customer).handoff;
      const agreed = desk.keep({ ...customer, ...(handoff ? { handoff: { ...handoff, agreed_at: new Date().toISOString() } } : {}) });
      return { customer: agreed, evidence: [evidence('admin-agreed', ['proof', 'answer'])] };
    }
    const result = desk.keep({ ...done_until('consent', customer), consent: done_until('consent').consent });
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
    await desk.arrive('browsers', []);
    return [
      { id: 'microsoft-edge', name: 'Microsoft Edge', private: true, default: true },
      { id: 'firefox', name: 'Firefox', private: true, default: false },
    ];
  },
  async handoff(request) {
    await desk.arrive('handoff', [request]);
    const customer = desk.find(request.customer);
    const state = (request.anew ? null : customer.handoff) ?? { made: new Date().toISOString(), until: new Date(Date.now() + 30 * DAY).toISOString(), agreed_at: null };
    desk.keep({ ...customer, handoff: state });
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
    await desk.arrive('qr_code', [address]);
    return { size: 21, path: 'M0 0h7v1h-7zM14 0h7v1h-7z', text: '' };
  },
  async save_mail(name, text) {
    await desk.arrive('save_mail', [name, text]);
    return `/home/engineer/${name}`;
  },
  async compare_redirect(request) {
    await desk.arrive('compare_redirect', [request]);
    const sent = desk.find(request.customer).registration?.redirect_uri ?? '';
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
    await desk.arrive('paste_address', [address]);
    if (desk.running !== 'consent') {
      throw problem('callback-refused', { reason: 'no-sign-in-is-waiting' });
    }
    if (!address.includes('code=') && !address.includes('admin_consent=')) {
      throw problem('callback-refused', { reason: 'it carries neither a code nor an error' });
    }
    desk.held.get('consent')?.go();
  },

  async portal_step(id) {
    await desk.arrive('portal_step', [id]);
    const customer = desk.find(id);
    return {
      needed: customer.source === 'siem-detections',
      url: `${customer.cloud.portal}?tid=${customer.tenant_id}`,
      application_id: customer.registration?.client_id ?? '',
      tenant_id: customer.registration?.home_tenant ?? null,
    };
  },
  async open_portal(id) {
    await desk.arrive('open_portal', [id]);
  },
  async authorise(request, progress) {
    const customer = desk.find(request.customer);
    queueMicrotask(() => {
      progress({ event: 'evidence', key: 'api-answers', state: 'checking', facts: [] });
      if (request.wait_seconds > 0) {
        progress({ event: 'waiting', waiting_for: 'authorisation', until: new Date(Date.now() + request.wait_seconds * 1000).toISOString(), attempts: 1 });
      }
    });
    await desk.arrive('authorise', [request], true);
    return { customer: desk.keep({ ...customer, authorisation: { at: new Date().toISOString() } }), evidence: [evidence('api-answers', ['host', 'graph.microsoft.com'])] };
  },
}) satisfies Partial<Host>;
