/** Customers: added, changed, found and forgotten, and what is proposed for them. */
import type { Destination } from '../../contract/Destination';
import type { DestinationQuery } from '../../contract/DestinationQuery';
import type { Host } from '../index';
import type { Desk } from './desk';
import { COMMERCIAL, CONNECTORS, CUSTOMER_TENANT, PRACTICE, PRACTICE_CLOUD, SOURCES, evidence, problem } from './made_up';
import { a_customer } from './made_up_customers';

/** What is chosen for a customer, and what could be instead. */
function proposal(desk: Desk, query: DestinationQuery): Destination {
  const connector = CONNECTORS.find((one) => one.id === query.connector);
  const grant = query.grant ?? connector?.grants[0] ?? 'refresh-token';
  const possible = !connector || connector.grants.includes(grant);
  return {
    source: query.source ?? 'graph-alerts',
    grant,
    possible,
    reason: possible ? null : grant === 'app-only' ? 'connector-needs-refresh-token' : 'connector-needs-app-only',
    clouds: desk.practice ? [PRACTICE_CLOUD] : [COMMERCIAL, { ...COMMERCIAL, id: 'gcc-high', name: 'US Government GCC High', regions: ['us'] }],
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

export const customers_answers = (desk: Desk) => ({
  async customers() {
    await desk.arrive('customers', []);
    return desk.customers;
  },
  async customer(id) {
    await desk.arrive('customer', [id]);
    return desk.find(id);
  },
  async add_customer(request) {
    await desk.arrive('add_customer', [request]);
    if (desk.customers.some((one) => one.name === request.name)) {
      throw problem('customer-exists', { customer: request.name });
    }
    const wanted = proposal(desk, request);
    return desk.keep(
      a_customer({
        id: `customer-${desk.customers.length + 1}`,
        name: request.name,
        tenant_id: desk.practice ? PRACTICE.customer_tenant : CUSTOMER_TENANT,
        tenant_domain: request.tenant.includes('.') ? request.tenant : null,
        cloud: desk.cloud(),
        region: request.region ?? null,
        connector: request.connector ?? null,
        source: wanted.source,
        grant: wanted.grant,
      }),
    );
  },
  async edit_customer(id, request) {
    await desk.arrive('edit_customer', [id, request]);
    const before = desk.find(id);
    const registration = request.registration;
    return desk.keep({
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
    await desk.arrive('forget_customer', [id]);
    desk.find(id);
    desk.customers = desk.customers.filter((one) => one.id !== id);
  },

  async find_tenant(request) {
    await desk.arrive('find_tenant', [request]);
    const tenant_id = desk.practice ? PRACTICE.customer_tenant : CUSTOMER_TENANT;
    return {
      tenant_id,
      domain: request.tenant.includes('.') ? request.tenant : null,
      cloud: desk.cloud(),
      evidence: [evidence('tenant-exists', ['tenant-id', tenant_id], ['issuer', `https://login.microsoftonline.com/${tenant_id}/v2.0`]), evidence('clock-right', ['seconds-off', '0'])],
    };
  },
  async propose(request) {
    await desk.arrive('propose', [request]);
    return proposal(desk, request);
  },
}) satisfies Partial<Host>;
