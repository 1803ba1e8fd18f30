/** The lines of `msspctl` that do what a page does. They never hold a secret. */
import type { CustomerView } from './contract/CustomerView';
import type { DestinationQuery } from './contract/DestinationQuery';

/** A word of a command line, quoted where a shell would split or change it. */
export function word(text: string): string {
  return /^[\p{L}\p{N}_.:/@=+-]+$/u.test(text) ? text : `"${text.replace(/(["$`])/g, '\\$1')}"`;
}

export function msspctl(practice: boolean, ...words: string[]): string {
  return ['msspctl', ...(practice ? ['--cloud-file', 'practice.toml'] : []), ...words].join(' ');
}

/** `customer add`, as far as the page knows it. */
export function add_words(name: string, tenant: string, choice: DestinationQuery, region: string | null): string[] {
  const option = (flag: string, value: string | null | undefined) => (value ? [flag, word(value)] : []);
  return [
    'customer',
    'add',
    word(name.trim() || '…'),
    '--tenant',
    word(tenant.trim() || '…'),
    ...option('--cloud', choice.cloud),
    ...option('--source', choice.source),
    ...option('--grant', choice.grant),
    ...option('--region', region),
    '--client-id',
    '…',
    '--secret-file',
    '-',
  ];
}

export const named = (customer: CustomerView): string => word(customer.name);
