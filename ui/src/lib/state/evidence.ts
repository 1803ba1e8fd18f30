/**
 * The checks of each step: which there are, in which order, and where each stands. What was not compared in this session
 * but is recorded with the customer counts as proven, with the facts that were kept of it.
 */
import type { CustomerView } from '../contract/CustomerView';
import type { Evidence } from '../contract/Evidence';
import type { EvidenceKey } from '../contract/EvidenceKey';
import type { Fact } from '../contract/Fact';
import type { Step } from '../contract/Step';

/** The checks that a step is known to make, in their order. */
export function expected(step: Step, customer: CustomerView | null): EvidenceKey[] {
  switch (step) {
    case 'destination':
      return ['tenant-exists', 'combination-fits', 'clock-right'];
    case 'register':
      return ['registration-shape', 'secret-accepted'];
    case 'consent':
      return [
        'catcher-ready',
        'sign-in-returned',
        'tenant-matches',
        'permissions-granted',
        ...(customer?.grant === 'app-only' ? [] : (['sign-in-sealed'] as const)),
      ];
    case 'authorise':
      return ['api-answers'];
    case 'export':
      return ['files-written'];
    case 'test-pull':
      return ['files-read-back', 'token-from-files', 'alerts-pulled'];
  }
}

const proven = (key: EvidenceKey, facts: Fact[]): Evidence => ({ key, state: 'proven', facts });
const fact = (name: string, value: string | null | undefined): Fact[] => (value ? [{ name, value }] : []);

/** What the customer's record says was proven before. */
export function recorded(step: Step, customer: CustomerView | null): Evidence[] {
  if (!customer) {
    return [];
  }
  const { registration, consent, authorisation, export: written, proof } = customer;
  switch (step) {
    case 'destination':
      return [
        proven('tenant-exists', fact('tenant-id', customer.tenant_id)),
        proven('combination-fits', [...fact('cloud', customer.cloud.name), ...fact('source', customer.source)]),
      ];
    case 'register':
      return registration?.secret_kept ? [proven('registration-shape', fact('client-id', registration.client_id))] : [];
    case 'consent':
      return consent
        ? [
            proven('sign-in-returned', fact('at', consent.at)),
            proven('tenant-matches', fact('actual', customer.tenant_id)),
            proven('permissions-granted', fact('granted', consent.granted.join(' '))),
            ...(customer.grant === 'app-only' ? [] : [proven('sign-in-sealed', fact('unused-until', consent.unused_until))]),
          ]
        : [];
    case 'authorise':
      return authorisation ? [proven('api-answers', fact('at', authorisation.at))] : [];
    case 'export':
      return written
        ? [proven('files-written', [...fact('folder', written.folder), ...fact('files', String(written.files.length))])]
        : [];
    case 'test-pull':
      return proof
        ? [
            proven('files-read-back', fact('files', String(proof.files.length))),
            proven('token-from-files', fact('at', proof.at)),
            proven('alerts-pulled', fact('alerts', String(proof.alerts))),
          ]
        : [];
  }
}

/** One list: what was just seen, else what is recorded, else not yet. Checks nobody expected come last. */
export function merged(step: Step, customer: CustomerView | null, seen: readonly Evidence[]): Evidence[] {
  const before = recorded(step, customer);
  const find = (list: readonly Evidence[], key: EvidenceKey) => list.find((evidence) => evidence.key === key);
  const keys = expected(step, customer);
  const extra = seen.filter((evidence) => !keys.includes(evidence.key));
  // A step that is being done anew is judged by what is seen now, not by what was recorded then.
  const fallback = seen.length > 0 && step !== 'destination' ? [] : before;
  return [
    ...keys.map((key) => find(seen, key) ?? find(fallback, key) ?? { key, state: 'not-yet' as const, facts: [] }),
    ...extra,
  ];
}

/** Puts one check's new state into a list, in place of its old one. */
export function noted(seen: readonly Evidence[], evidence: Evidence): Evidence[] {
  const { key, state, facts } = evidence;
  const entry: Evidence = { key, state, facts };
  return seen.some((one) => one.key === key)
    ? seen.map((one) => (one.key === key ? entry : one))
    : [...seen, entry];
}
