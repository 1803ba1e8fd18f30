import { afterEach, describe, expect, test, vi } from 'vitest';

import { add_words, msspctl, word } from '../src/lib/command';
import { bytes, countdown, days_until, initials, plural, seconds, short_id, span } from '../src/lib/format';
import { a_customer, done_until, problem } from '../src/lib/host/fake';
import { as_problem } from '../src/lib/host';
import { Action, NOTICEABLE } from '../src/lib/state/action.svelte';
import { merged, noted } from '../src/lib/state/evidence';
import { address_error, client_id_error, date_error, iso_date, name_error, secret_error, tenant_error } from '../src/lib/state/fields';
import { standing } from '../src/lib/state/standing';

describe('fields', () => {
  test('a tenant is a GUID or a domain, in any script', () => {
    for (const good of ['contoso.com', 'contoso.onmicrosoft.com', '6f1c2b7e-94d3-4c0a-8f5e-2b9d71a0c3e8', ' contoso.com ', '예시.kr']) {
      expect(tenant_error(good), good).toBeNull();
    }
    for (const bad of ['', 'contoso', 'https://contoso.com', 'a b.com', '-x.com', 'x..com']) {
      expect(tenant_error(bad), bad).not.toBeNull();
    }
  });

  test('a secret’s id is told from its value', () => {
    expect(secret_error('d81f6b02-0000-0000-0000-000000000000', false)).toBe('error_secret_is_id');
    expect(secret_error('Hq7~x', false)).toBeNull();
    expect(secret_error('', false)).toBe('error_secret_missing');
    expect(secret_error('', true)).toBeNull();
  });

  test('dates are read year first, and must exist', () => {
    expect(iso_date('2027-11-20')).toBe('2027-11-20');
    expect(iso_date('2027/1/5')).toBe('2027-01-05');
    expect(iso_date('2027-02-30')).toBeNull();
    expect(iso_date('20/11/2027')).toBeNull();
    expect(date_error('')).toBeNull();
  });

  test('other fields', () => {
    expect(client_id_error('4a7d9e10')).toBe('error_client_id_shape');
    expect(name_error(' ')).toBe('error_name_missing');
    expect(name_error('x'.repeat(121))).toBe('error_name_long');
    expect(address_error('http://localhost/?code=x')).toBeNull();
    expect(address_error('localhost')).not.toBeNull();
  });
});

describe('format', () => {
  test('counts down to zero and no further', () => {
    expect(countdown(522_000)).toBe('8:42');
    expect(countdown(-1)).toBe('0:00');
  });

  test('says sizes, spans and ids briefly', () => {
    expect(bytes(412)).toBe('412 bytes');
    expect(bytes(1_400_000)).toBe('1.4 MB');
    expect(span(34 * 60_000)).toBe('34 min');
    expect(seconds(1900)).toBe('1.9 sec');
    expect(seconds(24)).toBe('24 ms');
    expect(seconds(0)).toBe('0 sec');
    expect(short_id('6f1c2b7e-94d3-4c0a-8f5e-2b9d71a0c3e8')).toBe('6f1c2b7e…c3e8');
    expect(initials('Contoso Logistics (Test)')).toBe('CL');
    expect(initials('台北港聯合診所')).toBe('台北');
    expect(initials('')).toBe('?');
    expect(plural(1, () => 'one', () => 'other')).toBe('one');
    expect(plural(2, () => 'one', ({ n }) => n)).toBe('2');
  });

  test('a bare date is a day here, not in Greenwich', () => {
    const today = new Date(2026, 10, 20, 23, 59);
    expect(days_until('2026-11-21', today)).toBe(1);
    expect(days_until('2026-11-20', today)).toBe(0);
    expect(days_until('2026-11-19', today)).toBe(-1);
  });
});

describe('commands', () => {
  test('quote what a shell would split or change', () => {
    expect(word('contoso.com')).toBe('contoso.com');
    expect(word('Contoso Logistics')).toBe('"Contoso Logistics"');
    expect(word('a"$b`')).toBe('"a\\"\\$b\\`"');
    expect(word('C:\\files')).toBe('"C:\\files"');
  });

  test('never hold a secret, and name the practice cloud while practising', () => {
    const line = msspctl(true, ...add_words('Contoso', 'contoso.com', { source: 'graph-alerts', grant: 'app-only' }, null));
    expect(line).toBe('msspctl --cloud-file practice.toml customer add Contoso --tenant contoso.com --source graph-alerts --grant app-only --client-id … --secret-file -');
  });
});

describe('evidence', () => {
  test('what was seen now replaces what was recorded before', () => {
    const customer = done_until('consent');
    expect(merged('consent', customer, []).map((one) => one.state)).toEqual(['not-yet', 'proven', 'proven', 'proven', 'proven']);
    const seen = noted([], { key: 'sign-in-returned', state: 'checking', facts: [] });
    expect(merged('consent', customer, seen).map((one) => one.state)).toEqual(['not-yet', 'checking', 'not-yet', 'not-yet', 'not-yet']);
  });

  test('access without a user seals no sign-in', () => {
    expect(merged('consent', a_customer({ grant: 'app-only' }), []).map((one) => one.key)).not.toContain('sign-in-sealed');
  });

  test('a check that nobody expected is shown too', () => {
    expect(merged('export', null, [{ key: 'api-answers', state: 'proven', facts: [] }]).map((one) => one.key)).toEqual(['files-written', 'api-answers']);
  });
});

describe('standing', () => {
  const ends = (secret_expires: string) => ({ registration: { ...done_until('register').registration!, secret_expires } });
  const in_days = (days: number) => {
    const at = new Date();
    at.setDate(at.getDate() + days);
    return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
  };
  test('expired is worse than unfinished, and soon is said with its days', () => {
    expect(standing(done_until('test-pull', ends(in_days(-1))))).toEqual({ kind: 'expired' });
    expect(standing(done_until('test-pull', ends(in_days(9))))).toEqual({ kind: 'expiring', days: 9 });
    expect(standing(done_until('test-pull', ends(in_days(31))))).toEqual({ kind: 'verified' });
    expect(standing(done_until('register'))).toEqual({ kind: 'person' });
    expect(standing(done_until('destination'))).toEqual({ kind: 'unfinished' });
  });
});

describe('an action', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('shows its mark only when it takes long enough to be noticed', async () => {
    vi.useFakeTimers();
    const action = new Action();
    let finish: (value: string) => void = () => undefined;
    const running = action.run(() => new Promise<string>((resolve) => (finish = resolve)));
    expect([action.busy, action.slow]).toEqual([true, false]);
    vi.advanceTimersByTime(NOTICEABLE - 1);
    expect(action.slow).toBe(false);
    vi.advanceTimersByTime(1);
    expect(action.slow).toBe(true);
    expect(await action.run(() => Promise.resolve('again'))).toBeUndefined();
    finish('done');
    expect(await running).toBe('done');
    expect([action.busy, action.slow]).toEqual([false, false]);
  });

  test('keeps a problem until the next attempt, and takes being cancelled for none', async () => {
    const action = new Action();
    await action.run(() => Promise.reject(problem('unreachable', { host: 'x' })));
    expect(action.problem?.code).toBe('unreachable');
    await action.run(() => Promise.reject(problem('cancelled')));
    expect(action.problem).toBeNull();
  });

  test('what is thrown and is no problem becomes one', () => {
    expect(as_problem('command not found')).toMatchObject({ code: 'internal', params: { reason: 'command not found' } });
    expect(as_problem(new Error('x')).details).toEqual(['x']);
  });
});
