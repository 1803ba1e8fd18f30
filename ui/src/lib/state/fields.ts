/**
 * What a field may hold, as far as this computer can tell alone. The engine judges again; this only answers sooner.
 * Each check answers with the key of a message, or with nothing.
 */

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DOMAIN = /^(?=.{3,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?)+$/u;
const LONGEST_NAME = 120;

export const is_guid = (text: string): boolean => GUID.test(text.trim());

export function name_error(text: string): string | null {
  const name = text.trim();
  if (name === '') {
    return 'error_name_missing';
  }
  return [...name].length > LONGEST_NAME ? 'error_name_long' : null;
}

export function tenant_error(text: string): string | null {
  const tenant = text.trim();
  if (tenant === '') {
    return 'error_tenant_missing';
  }
  return GUID.test(tenant) || DOMAIN.test(tenant) ? null : 'error_tenant_shape';
}

export function client_id_error(text: string): string | null {
  return text.trim() === '' ? 'error_client_id_missing' : GUID.test(text.trim()) ? null : 'error_client_id_shape';
}

/** The home tenant may stay open: then the secret is checked at the first sign-in. */
export function home_tenant_error(text: string): string | null {
  const tenant = text.trim();
  return tenant === '' || GUID.test(tenant) || DOMAIN.test(tenant) ? null : 'error_tenant_shape';
}

export function secret_error(text: string, kept: boolean): string | null {
  const secret = text.trim();
  if (secret === '') {
    return kept ? null : 'error_secret_missing';
  }
  return GUID.test(secret) ? 'error_secret_is_id' : null;
}

/** A date as `2027-11-20` (also with dots or slashes), or empty. */
export function iso_date(text: string): string | null {
  const match = /^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$/.exec(text.trim());
  if (!match) {
    return null;
  }
  const [, year = '', month = '', day = ''] = match;
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const read = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(iso) ? iso : null;
}

export function date_error(text: string): string | null {
  return text.trim() === '' || iso_date(text) !== null ? null : 'error_date_shape';
}

export function address_error(text: string): string | null {
  return /^[a-z][a-z0-9+.-]*:\/\/\S+$|AADSTS\d/i.test(text.trim()) ? null : 'error_address_shape';
}
