import { describe, expect, test } from 'vitest';

import { done_until, problem } from '../src/lib/host/fake';
import { at, evidence, gone, heading, inside, open_customer, open_window, page, says, settled, step_state, until } from './window';

describe('a window that was closed in the middle', () => {
  test('opens the customer that was open, at the step where work goes on', async () => {
    const { host, user } = await open_window({ customers: [done_until('consent', { id: 'contoso' })], left_at: 'contoso' });
    await until(() => expect(page()).toBe('authorise'));
    await user.click(at('home'));
    await until(() => expect(page()).toBe('customers'));
    expect(host.given.remember_place).toEqual([null]);
  });

  test('begins with the list when nothing is left to do, or the customer is gone', async () => {
    await open_window({ customers: [done_until('test-pull', { id: 'contoso' })], left_at: 'contoso' });
    expect(page()).toBe('customers');
  });
});

describe('from nobody to a proven customer', () => {
  test('an empty home has two doors', async () => {
    await open_window();
    expect(page()).toBe('customers-empty');
    expect(at('onboard')).toBeTruthy();
    expect(at('rehearse')).toBeTruthy();
  });

  test('every step leads to the next, and the end says what was proven', async () => {
    const { host, user } = await open_window();
    await user.click(at('onboard'));
    await user.type(at('name'), 'Contoso Logistics');
    await user.type(at('tenant'), 'contoso.com');
    await user.click(at('siem-arcsight'));
    await until(() => expect(says('tenant-ok')).toContain('Found in the cloud Commercial'));
    expect(says('chosen-source')).toBe('Microsoft Graph alerts');
    expect(says('chosen-grant')).toBe('Lasting sign-in');
    await until(() => expect(evidence('combination-fits')).toBe('proven'));
    await user.click(at('primary'));

    await until(() => expect(page()).toBe('register'));
    expect(host.given.add_customer).toEqual([{ name: 'Contoso Logistics', tenant: 'contoso.com', connector: 'arcsight', source: 'graph-alerts', grant: 'refresh-token' }]);
    await until(() => expect(says('redirect-uri')).toBe('http://localhost/SiemMsspConnector'));
    await user.type(at('client-id'), '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93');
    await user.type(at('home-tenant'), 'b3d09a54-1f62-4e7b-a9c8-50e2d6f7183c');
    await user.type(at('secret'), 'Hq7~example.value-that_is.no.guid');
    await user.type(at('secret-expires'), '2027-11-20');
    await user.click(at('primary'));
    await until(() => expect(evidence('secret-accepted')).toBe('proven'));
    expect(at('secret-kept')).toBeTruthy();
    await user.click(at('primary'));

    expect(page()).toBe('consent');
    await user.click(at('primary'));
    await until(() => expect(heading()).toBe('Consent is in place'));
    expect(says('consent-account')).toBe('j.bergmann@contoso.com');
    await user.click(at('primary'));

    // A source without a portal step: its API answers, and the step is passed by. It can be looked at.
    await until(() => expect(page()).toBe('export'));
    await user.click(at('back'));
    await until(() => expect(at('authorised')).toBeTruthy());
    expect(heading()).toBe('Nothing to authorise here');
    await user.click(at('primary'));

    expect(page()).toBe('export');
    await until(() => expect((at('folder') as HTMLInputElement).value).toBe('/home/lena/MSSP Onboard/Contoso Logistics'));
    await user.click(at('primary'));
    await until(() => expect(inside('files').getAllByRole('row')).toHaveLength(5));
    await user.click(at('primary'));

    await until(() => expect(heading()).toBe('The files work'));
    expect(says('alert-count')).toBe('214');
    await until(() => expect(at('alerts').getAttribute('aria-rowcount')).toBe('215'));
    // Which rows are drawn is tested in the real window: here nothing has a size.
    await user.click(at('primary'));

    expect(page()).toBe('finish');
    expect(heading()).toBe('Contoso Logistics is onboarded');
    expect(says('summary')).toContain('214 alerts pulled with these files');
    expect(inside('proof-files').getAllByRole('listitem').map((one) => one.dataset['proven'])).toEqual(['true', 'true', 'true', 'true']);
    for (const step of ['destination', 'register', 'consent', 'authorise', 'export', 'test-pull']) {
      expect(step_state(step)).toBe('done');
    }
  });

  test.each([
    ['destination', 'register'],
    ['register', 'consent'],
    ['consent', 'authorise'],
    ['authorise', 'export'],
    ['export', 'test-pull'],
    ['test-pull', 'finish'],
  ] as const)('opening a customer whose %s is done goes on with %s', async (done, next) => {
    const { user } = await open_window({ customers: [done_until(done)], holds: ['authorise'] });
    await user.click(at('open-customer'));
    expect(page()).toBe(next);
  });

  test('going back loses nothing', async () => {
    const { user } = await open_customer({ customers: [done_until('consent')], holds: ['authorise'] });
    await user.click(at('back'));
    expect(heading()).toBe('Consent is in place');
    await user.click(at('back'));
    expect((at('client-id') as HTMLInputElement).value).toBe('4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93');
  });

  test('what was typed and not saved is there again, but for the secret', async () => {
    const { user } = await open_customer({ customers: [done_until('destination')] });
    await user.type(at('client-id'), '4a7d9e10-5c3b');
    await user.type(at('secret'), 'not yet saved');
    await user.click(at('back'));
    expect(page()).toBe('destination');
    await user.click(inside('step-register').getByRole('button'));
    await until(() => expect((at('client-id') as HTMLInputElement).value).toBe('4a7d9e10-5c3b'));
    expect((at('secret') as HTMLInputElement).value).toBe('');
  });

  test('a customer that was being entered is there again; practice never sees it', async () => {
    const { user } = await open_window();
    await user.click(at('onboard'));
    await user.type(at('name'), 'Contoso');
    await user.click(at('back'));
    await until(() => expect(page()).toBe('customers-empty'));
    await user.click(at('onboard'));
    expect((at('name') as HTMLInputElement).value).toBe('Contoso');
    await user.click(at('back'));
    await until(() => expect(page()).toBe('customers-empty'));
    await user.click(at('rehearse'));
    await until(() => expect(page()).toBe('destination'));
    expect((at('name') as HTMLInputElement).value).not.toBe('Contoso');
  });

  test('a step that is not reached yet is no button', async () => {
    await open_customer({ customers: [done_until('register')] });
    expect(inside('step-consent').getByRole('button').getAttribute('aria-current')).toBe('step');
    expect(inside('step-export').queryByRole('button')).toBeNull();
  });
});

describe('rehearsal', () => {
  test('begins at step 0 with the practice tenant found, and is marked on every page', async () => {
    const { user } = await open_window();
    await user.click(at('rehearse'));
    await until(() => expect(page()).toBe('destination'));
    expect(at('practice-ribbon')).toBeTruthy();
    expect((at('tenant') as HTMLInputElement).value).toBe('practice-customer.example');
    await until(() => expect(evidence('tenant-exists')).toBe('proven'));
    await user.click(at('siem-generic'));
    await settled();
    await user.click(at('primary'));
    await until(() => expect(page()).toBe('register'));
    await user.click(at('practice-fill'));
    await until(() => expect(evidence('secret-accepted')).toBe('proven'));
    await user.click(at('primary'));
    expect(inside('practice-accounts').getAllByRole('row')).toHaveLength(4);
    expect(at('practice-ribbon')).toBeTruthy();
    await user.click(at('practice-leave'));
    await until(() => expect(page()).toBe('customers-empty'));
    expect(gone('practice-ribbon')).toBe(true);
  });
});

describe('the vault', () => {
  test('that is made now asks twice for a passphrase worth the name', async () => {
    const { host, user } = await open_window({ vault: 'no-keyring' });
    await user.type(at('passphrase'), 'short');
    await user.click(at('unlock'));
    expect(says('passphrase-error')).toContain('at least 8 characters');
    await user.type(at('passphrase'), ' horse battery');
    await user.type(at('passphrase-again'), 'short horse batery');
    await user.click(at('unlock'));
    expect(says('passphrase-again-error')).toContain('not the same');
    expect(host.asked).not.toContain('unlock');
    await user.clear(at('passphrase-again'));
    await user.type(at('passphrase-again'), 'short horse battery');
    await user.click(at('unlock'));
    await until(() => expect(host.given.unlock).toEqual(['short horse battery']));
  });

  test('whose keyring is away, or that somebody else holds, asks for no passphrase', async () => {
    await open_window({ vault: 'locked-keyring' });
    expect(heading()).toBe('This vault needs its keyring');
    expect(gone('passphrase')).toBe(true);
    expect(at('unlock-again')).toBeTruthy();
  });

  test('asks for its passphrase, and forgets what was typed', async () => {
    const { host, user } = await open_window({ vault: 'locked-passphrase' });
    expect(page()).toBe('unlock');
    await user.type(at('passphrase'), 'correct horse');
    await user.click(at('unlock'));
    await until(() => expect(page()).toBe('customers-empty'));
    expect(host.given.unlock).toEqual(['correct horse']);
  });

  test('asks again after a passphrase that was wrong, with one reproach', async () => {
    const { host, user } = await open_window({ vault: 'locked-passphrase', holds: ['unlock'] });
    await user.type(at('passphrase'), 'correct horse{Enter}{Enter}');
    // The field is left before the answer is there.
    await user.tab();
    host.release('unlock', problem('vault-key-wrong'));
    await until(() => expect(at('problem').getAttribute('data-code')).toBe('vault-key-wrong'));
    expect((at('passphrase') as HTMLInputElement).value).toBe('');
    expect(gone('passphrase-error')).toBe(true);
    await user.click(at('unlock'));
    expect(says('passphrase-error')).toContain('Enter the passphrase');
  });

  test('can be for this session only, said aloud', async () => {
    const { host, user } = await open_window({ vault: 'no-keyring' });
    await user.click(at('unlock-session'));
    await until(() => expect(page()).toBe('customers-empty'));
    expect(host.given.unlock).toEqual([null]);
  });
});
