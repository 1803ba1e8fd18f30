import { describe, expect, test } from 'vitest';

import { a_customer, AUTHORITY, problem } from '../src/lib/host/fake';
import { problem_causes, problem_prose } from '../src/lib/words';
import { at, gone, heading, open_window, page, says, settled, until } from './window';

async function open_settings() {
  const opened = await open_window({ customers: [a_customer()] });
  await opened.user.click(at('settings'));
  await until(() => expect(at('proxy-system')).toBeTruthy());
  return opened;
}

describe('the settings', () => {
  test('are a page of their own, and lead back', async () => {
    const { user } = await open_settings();
    expect(page()).toBe('settings');
    expect(heading()).toBe('Settings');
    expect(says('proxy-found')).toContain('http://proxy.example:3128');
    await user.click(at('settings-back'));
    expect(page()).toBe('customers');
  });

  test('a proxy script of the system that is not followed is told', async () => {
    const { user } = await open_window({ customers: [a_customer()], unfollowed: { kind: 'script', address: 'http://wpad.example/proxy.pac' } });
    await user.click(at('settings'));
    await until(() => expect(says('proxy-unfollowed')).toContain('http://wpad.example/proxy.pac'));
    expect(says('proxy-unfollowed')).toContain('PAC');
    await user.click(at('proxy-direct'));
    expect(gone('proxy-unfollowed')).toBe(true);
  });

  test('a proxy is entered with its sign-in, whose password is not kept on the page', async () => {
    const { host, user } = await open_settings();
    await user.click(at('proxy-manual'));
    await user.click(at('settings-save'));
    expect(says('proxy-address-error')).toContain('address');
    await user.type(at('proxy-address'), 'proxy.example:3128');
    await user.type(at('proxy-user'), 'anna');
    await user.type(at('proxy-password'), 'p4ssword');
    await user.click(at('settings-save'));
    await until(() => expect(at('settings-saved')).toBeTruthy());
    expect(host.given.edit_settings).toEqual([
      { proxy: { mode: 'manual', address: 'proxy.example:3128', user: 'anna', bypass: 'localhost,127.0.0.0/8,::1', password: 'p4ssword' } },
    ]);
    expect((at('proxy-password') as HTMLInputElement).value).toBe('');
    expect(document.body.textContent).toContain('One is sealed in the vault');
  });

  test('an authority is trusted only after its fingerprint was shown', async () => {
    const { host, user } = await open_settings();
    await user.click(at('authority-add'));
    await until(() => expect(says('fingerprint')).toBe(AUTHORITY.sha256));
    expect(host.asked).not.toContain('edit_settings');
    await user.click(at('authority-trust'));
    await until(() => expect(gone('authority-compare')).toBe(true));
    expect(host.given.edit_settings).toEqual([{ trust: { file: '/home/lena/inspection-ca.pem', sha256: [AUTHORITY.sha256] } }]);
    expect(says('authority')).toContain('Fabrikam Inspection CA');
  });

  test('the test of the connection names every host, and who issued a certificate that is refused', async () => {
    const { user } = await open_settings();
    await user.click(at('settings-test'));
    await until(() => expect(says('host-reached')).toContain('login.microsoftonline.com'));
    expect(says('host-failed')).toContain('Fabrikam Inspection CA');
    expect(says('problem-causes')).toContain('Check: Ask your network administrator');
  });

  test('the language is chosen for window and command line', async () => {
    const { host, user } = await open_settings();
    await user.click(at('speak-ko'));
    await until(() => expect(heading()).toBe('설정'));
    expect(host.given.edit_settings).toEqual([{ language: 'ko' }]);
    await user.click(at('speak-en'));
    await until(() => expect(heading()).toBe('Settings'));
  });

  test('there are none while practising', async () => {
    const { user, app } = await open_window();
    await user.click(at('rehearse'));
    await until(() => expect(app.practice).not.toBeNull());
    expect(gone('settings')).toBe(true);
  });
});

describe('a problem with several causes', () => {
  const refused = problem('sign-in-refused', {}, { causes: [{ name: 'account-locked', who: 'customer-admin' }, { name: 'address-blocked', who: 'you' }], link: 'https://login.microsoftonline.com/error?code=50053' });

  test('lists them with a check each', () => {
    const [first, second] = problem_causes(refused);
    expect(first?.cause).toContain('locked');
    expect(first?.who).toContain('administrator');
    expect(second?.check).not.toBe('');
    expect(problem_prose(refused).cause).toBe(first?.cause);
  });

  test('one that this window has no words for is left out', () => {
    expect(problem_causes(problem('sign-in-refused', {}, { causes: [{ name: 'unheard-of', who: 'you' }] }))).toEqual([]);
  });
});

describe('a vault that did not open', () => {
  test('is tried again without closing the window', async () => {
    const { host, user } = await open_window({ vault: 'no-keyring' });
    expect(page()).toBe('unlock');
    const before = host.asked.filter((one) => one === 'bootstrap').length;
    await user.click(at('unlock-again'));
    await settled();
    expect(host.asked.filter((one) => one === 'bootstrap').length).toBe(before + 1);
  });
});
