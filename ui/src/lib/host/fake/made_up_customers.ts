/** Customers of the fake host, at every step, and the files that are written for them. */
import type { CustomerView } from '../../contract/CustomerView';
import type { ProvenFile } from '../../contract/ProvenFile';
import type { Step } from '../../contract/Step';
import type { WrittenFile } from '../../contract/WrittenFile';
import { CLIENT_ID, COMMERCIAL, CONNECTORS, CUSTOMER_TENANT, DAY, PROVIDER_TENANT } from './made_up';

const ORDER: readonly Step[] = ['destination', 'register', 'consent', 'authorise', 'export', 'test-pull'];

/** Where a customer stands, from what is there. */
export function with_steps(customer: CustomerView): CustomerView {
  const done: Record<Step, boolean> = {
    destination: true,
    register: customer.registration?.secret_kept ?? false,
    consent: customer.consent !== null,
    authorise: customer.authorisation !== null,
    export: customer.export !== null,
    'test-pull': customer.proof !== null,
  };
  const next = ORDER.find((step) => !done[step]) ?? 'test-pull';
  return {
    ...customer,
    next,
    steps: ORDER.map((step) => ({ step, state: done[step] ? 'done' : step === next ? 'now' : 'todo' })),
  };
}

/** A customer of the fake, with nothing done yet. */
export function a_customer(given: Partial<CustomerView> = {}): CustomerView {
  return with_steps({
    id: 'customer-1',
    name: 'Contoso Logistics',
    tenant_id: CUSTOMER_TENANT,
    tenant_domain: 'contoso.com',
    cloud: COMMERCIAL,
    region: null,
    connector: 'arcsight',
    source: 'graph-alerts',
    grant: 'refresh-token',
    registration: null,
    consent: null,
    authorisation: null,
    export: null,
    proof: null,
    steps: [],
    next: 'register',
    portal: `https://security.microsoft.com/?tid=${CUSTOMER_TENANT}`,
    added: new Date().toISOString(),
    ...given,
  });
}

/** What a customer holds once a step is done. */
export function done_until(step: Step, given: Partial<CustomerView> = {}): CustomerView {
  const at = new Date().toISOString();
  const has = (one: Step) => ORDER.indexOf(one) <= ORDER.indexOf(step);
  const connector = given.connector ?? 'arcsight';
  const files = files_of(connector);
  return a_customer({
    registration: has('register')
      ? { client_id: CLIENT_ID, home_tenant: PROVIDER_TENANT, redirect_uri: 'http://localhost/SiemMsspConnector', secret_kept: true, secret_expires: new Date(Date.now() + 365 * DAY).toISOString().slice(0, 10) }
      : null,
    consent: has('consent')
      ? { at, account: 'j.bergmann@contoso.com', granted: ['SecurityAlert.Read.All'], unused_until: new Date(Date.now() + 90 * DAY).toISOString() }
      : null,
    authorisation: has('authorise') ? { at } : null,
    export: has('export') ? { at, folder: '/home/lena/MSSP Onboard/Contoso Logistics', connector, files } : null,
    proof: has('test-pull') ? { at, alerts: 214, files: files.map(proven) } : null,
    ...given,
  });
}

export const proven = ({ name }: WrittenFile): ProvenFile => ({ name, proven: true, state: 'as-exported', role: name === 'VALUES-TO-TYPE.txt' ? 'values-to-type' : name.includes('jsonparser') ? 'field-mapping' : 'sign-in' });

export function files_of(connector: string): WrittenFile[] {
  const names = CONNECTORS.find((one) => one.id === connector)?.files ?? [];
  return names.map((name, at) => ({
    name,
    bytes: 412 + at * 700,
    sha256: `${at}c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f`.padStart(64, '0'),
    secret: at === 0,
  }));
}
