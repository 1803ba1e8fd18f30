/** The practice tenant. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { PRACTICE } from './made_up';

export const practice_answers = (desk: Desk) => ({
  async practice_start() {
    await desk.arrive('practice_start', []);
    desk.practice = PRACTICE;
    desk.customers = [];
    return PRACTICE;
  },
  async practice_scenarios(scenarios) {
    await desk.arrive('practice_scenarios', [scenarios]);
    desk.practice = { ...PRACTICE, scenarios };
    return desk.practice;
  },
  async practice_stop() {
    await desk.arrive('practice_stop', []);
    desk.practice = null;
    desk.customers = [...(desk.options.customers ?? [])];
  },
  async practice_fill_registration(id) {
    await desk.arrive('practice_fill_registration', [id]);
    const customer = desk.find(id);
    return desk.keep({
      ...customer,
      registration: { client_id: PRACTICE.client_id, home_tenant: PRACTICE.provider_tenant, redirect_uri: 'http://localhost/SiemMsspConnector', secret_kept: true, secret_expires: null },
    });
  },
}) satisfies Partial<Host>;
