/** Which step puts a problem right, where one does. */
import type { ProblemCode } from '../contract/ProblemCode';
import type { Step } from '../contract/Step';

export type Cure = Exclude<Step, 'test-pull'>;

const CURES: Partial<Record<ProblemCode, Cure>> = {
  'api-retired': 'destination',
  'combination-impossible': 'destination',
  'tenant-not-found': 'destination',
  'secret-is-id': 'register',
  'secret-malformed': 'register',
  'secret-wrong': 'register',
  'secret-expired': 'register',
  'redirect-uri-invalid': 'register',
  'redirect-not-registered': 'register',
  'redirect-platform-spa': 'register',
  'app-not-in-tenant': 'register',
  'admin-consent-needed': 'consent',
  'conditional-access': 'consent',
  'no-refresh-token': 'consent',
  'permission-missing': 'consent',
  'refresh-token-dead': 'consent',
  'sign-in-refused': 'consent',
  'authorisation-pending': 'authorise',
  'files-incomplete': 'export',
  'value-not-carried': 'export',
};

export const cure_of = (code: ProblemCode): Cure | null => CURES[code] ?? null;

/** Problems that say that the kept secret is no good. */
const OF_THE_SECRET: readonly ProblemCode[] = ['secret-is-id', 'secret-malformed', 'secret-wrong', 'secret-expired'];

export const doubts_the_secret = (code: ProblemCode): boolean => OF_THE_SECRET.includes(code);
