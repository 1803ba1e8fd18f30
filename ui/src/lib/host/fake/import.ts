/** Old connector files. */
import type { Host } from '../index';
import type { Desk } from './desk';
import { OLD_CLIENT, OLD_FOLDER, problem } from './made_up';
import { done_until } from './made_up_customers';

export const import_answers = (desk: Desk) => ({
  async choose_old_files(folder) {
    await desk.arrive('choose_old_files', [folder]);
    return folder ? [OLD_FOLDER] : [OLD_CLIENT];
  },
  async inspect_old_files(request) {
    await desk.arrive('inspect_old_files', [request]);
    return { ...desk.old, paths: request.paths };
  },
  async onboard_old_files(request, progress) {
    await desk.arrive('onboard_old_files', [request, progress]);
    const one = desk.old.found.find((found) => found.index === request.index);
    if (desk.customers.some((customer) => customer.name === request.name)) {
      throw problem('customer-exists', { customer: request.name });
    }
    const held = one?.secret === 'present' && one.refresh_token === 'present';
    const given = { id: `customer-${desk.customers.length + 1}`, name: request.name, source: request.source ?? one?.source ?? 'graph-alerts' };
    const customer = desk.keep(held ? done_until('consent', given) : done_until(one?.secret === 'present' ? 'register' : 'destination', given));
    return {
      customer,
      access: held ? 'proven' : 'nothing-to-try',
      problem: null,
      evidence: [],
      notes: held ? ['old-siem-holds-sign-in', 'old-files-hold-secret'] : [],
    };
  },
  async forget_old_files(handle) {
    await desk.arrive('forget_old_files', [handle]);
  },
  async on_drag(told) {
    await Promise.resolve();
    desk.dragged = told;
  },
}) satisfies Partial<Host>;
