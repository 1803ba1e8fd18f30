import { describe, expect, test } from 'vitest';

import { done_until, problem } from '../src/lib/host/fake';
import { language } from '../src/lib/state/language.svelte';
import { at, evidence, gone, heading, inside, open_customer, open_window, page, says, settled, step_state, until } from './window';

const legacy = { source: 'siem-detections', region: 'eu', connector: 'splunk-rest' } as const;

describe('step 0', () => {
  test('errors appear on leaving a field, not while typing', async () => {
    const { user } = await open_window();
    await user.click(at('onboard'));
    await user.type(at('tenant'), 'not a tenant');
    expect(gone('tenant-error')).toBe(true);
    await user.tab();
    expect(says('tenant-error')).toContain('A tenant is a domain');
    await user.type(at('tenant'), 'x');
    expect(gone('tenant-error')).toBe(true);
  });

  test('Continue leads to the first field that is wrong', async () => {
    const { host, user } = await open_window();
    await user.click(at('onboard'));
    await user.click(at('primary'));
    expect(document.activeElement).toBe(at('name'));
    expect(says('name-error')).toContain('needs a name');
    expect(host.asked).not.toContain('add_customer');
  });

  test('an unknown tenant is said at its field', async () => {
    const { user } = await open_window({ fails: { find_tenant: problem('tenant-not-found', { tenant: 'contosso.com', cloud: 'Commercial' }) } });
    await user.click(at('onboard'));
    await user.type(at('tenant'), 'contosso.com');
    await user.tab();
    await until(() => expect(says('tenant-error')).toContain('contosso.com'));
    expect(evidence('tenant-exists')).toBe('failed');
  });

  test('a source that has ended says so and offers its replacement', async () => {
    const { user } = await open_window();
    await user.click(at('onboard'));
    await user.click(at('source-siem-detections'));
    await until(() => expect(says('source-ends')).toContain('ended on 31 Dec 2023'));
    expect(at('region')).toBeTruthy();
    await user.click(inside('source-ends').getByRole('button'));
    await until(() => expect(says('chosen-source')).toBe('Microsoft Graph alerts'));
    expect(gone('region')).toBe(true);
  });

  test('a combination that cannot work closes Continue and says why', async () => {
    const { user, app } = await open_customer({ customers: [done_until('register', { connector: 'generic', grant: 'app-only' })] });
    app.go('destination');
    await settled();
    await user.click(at('siem-arcsight'));
    await until(() => expect(says('impossible')).toContain('can only use a lasting sign-in'));
    expect(at('primary')).toHaveProperty('disabled', true);
    await user.click(at('grant-refresh-token'));
    await until(() => expect(gone('impossible')).toBe(true));
    expect(at('primary')).toHaveProperty('disabled', false);
  });
});

describe('step 1', () => {
  test('a secret’s ID is refused before anything is sent', async () => {
    const { host, user } = await open_customer({ customers: [done_until('destination')] });
    await until(() => at('secret'));
    await user.type(at('client-id'), '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93');
    await user.type(at('secret'), 'd81f6b02-0000-0000-0000-000000000000');
    await user.tab();
    expect(says('secret-error')).toContain('not its value');
    await user.click(at('primary'));
    expect(host.asked).not.toContain('edit_customer');
    expect(document.activeElement).toBe(at('secret'));
  });

  test('a secret leaves the page as soon as it is given to the vault', async () => {
    const secret = 'Hq7~canary.that-must_not.stay';
    const { user } = await open_customer({ customers: [done_until('destination')], fails: { check_registration: problem('secret-wrong') } });
    await until(() => at('secret'));
    await user.type(at('client-id'), '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93');
    await user.type(at('secret'), secret);
    await user.click(at('primary'));
    await until(() => expect(at('problem').getAttribute('data-code')).toBe('secret-wrong'));
    expect((at('secret') as HTMLInputElement).value).toBe('');
    expect(document.documentElement.outerHTML).not.toContain(secret);
    expect(evidence('secret-accepted')).toBe('failed');
    expect(step_state('register')).toBe('bad');
  });

  test('a secret that Microsoft refused can be typed again without the field going away', async () => {
    const { user } = await open_customer({ customers: [done_until('register')], fails: { check_registration: problem('secret-expired') } });
    await user.click(at('step-register').querySelector('button')!);
    await until(() => at('primary'));
    await user.click(at('primary'));
    await until(() => at('secret'));
    await user.type(at('secret'), 'Hq7~another');
    expect((at('secret') as HTMLInputElement).value).toBe('Hq7~another');
  });

  test('without the home tenant it says that the secret is still to be checked', async () => {
    const { user } = await open_customer({ customers: [done_until('destination')] });
    await until(() => at('secret'));
    await user.type(at('client-id'), '4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93');
    await user.type(at('secret'), 'Hq7~value');
    await user.click(at('primary'));
    await until(() => at('register-unasked'));
    expect(evidence('secret-accepted')).toBe('not-yet');
  });
});

describe('step 2', () => {
  test('waits with a countdown, and Cancel is no failure', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => expect(says('countdown')).toMatch(/^(10:00|9:59)/));
    expect(step_state('consent')).toBe('person');
    expect(evidence('sign-in-returned')).toBe('checking');
    await user.click(at('cancel'));
    await until(() => expect(heading()).toBe('Get the customer’s consent'));
    expect(host.asked).toContain('cancel');
    expect(gone('problem')).toBe(true);
    expect(evidence('sign-in-returned')).toBe('not-yet');
  });

  test('leaving the page ends the wait', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => at('waiting'));
    await user.click(at('back'));
    expect(page()).toBe('register');
    await until(() => expect(host.asked).toContain('cancel'));
  });

  test('a pasted address that is not the answer is refused, and the wait goes on', async () => {
    const { user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('consent-paste'));
    await until(() => at('address'));
    await user.type(at('address'), 'http://localhost/SiemMsspConnector?nothing=1');
    await user.click(at('paste'));
    await until(() => at('address-error'));
    expect(at('waiting')).toBeTruthy();
    await user.clear(at('address'));
    await user.type(at('address'), 'http://localhost/SiemMsspConnector?code=x&state=y');
    await user.click(at('paste'));
    await until(() => expect(heading()).toBe('Consent is in place'));
  });

  test('Open again begins a new attempt in place of the old one', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => at('open-again'));
    await user.click(at('open-again'));
    await until(() => expect(host.asked.filter((one) => one === 'consent')).toHaveLength(2));
    await until(() => at('waiting'));
    host.release('consent');
    await until(() => expect(heading()).toBe('Consent is in place'));
  });

  test('what is noticed while waiting is said', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => at('waiting'));
    host.tell({ event: 'noticed', notice: 'tls-spoken', reason: null, times: 1 });
    await until(() => expect(says('notice-tls-spoken')).toContain('https'));
    host.tell({ event: 'noticed', notice: 'not-an-answer', reason: 'wrong-state', times: 1 });
    await until(() => expect(says('notice-not-an-answer')).toContain('another sign-in'));
  });

  test('another browser’s private window can be chosen', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await until(() => at('consent-browser-firefox'));
    await user.click(at('consent-browser-firefox'));
    await until(() => at('waiting'));
    expect(host.given.consent?.[0]).toMatchObject({ catcher: 'browser', open: true, browser: { id: 'firefox', private: true } });
  });

  test('the customer’s admin gets a packet in their language, and their answer is recorded', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('consent-handoff'));
    await until(() => at('handoff'));
    expect(heading()).toBe('Hand over to the customer’s admin');
    expect(says('sign-in-follows')).toContain('then a person signs in');
    expect(says('mail')).toContain('first of two parts');
    expect(says('mail')).toContain('login.microsoftonline.com');
    expect(says('mail')).not.toMatch(/secret value|mail_|\{/);
    await user.selectOptions(at('mail-language'), 'ko');
    await until(() => expect(says('mail')).toContain('안녕하세요'));
    await user.click(at('handoff-save'));
    await until(() => expect(says('handoff-saved')).toContain('-ko.txt'));
    expect(host.asked).toContain('save_mail');
    await user.type(at('address'), 'http://localhost/SiemMsspConnector?admin_consent=True&state=x');
    await user.click(at('paste'));
    await until(() => expect(says('handoff-agreed')).toContain('agreed'));
    expect(heading()).toBe('Now somebody signs in');
    await user.click(at('primary'));
    await until(() => at('waiting'));
  });

  test('without a lasting sign-in the admin’s consent is all', async () => {
    const { user } = await open_customer({ customers: [done_until('register', { grant: 'app-only' })], holds: ['consent'] });
    await user.click(at('consent-handoff'));
    await until(() => at('handoff'));
    expect(gone('sign-in-follows')).toBe(true);
    expect(says('mail')).not.toContain('first of two parts');
  });

  test('an https redirect address is caught by the sign-in window, or by paste', async () => {
    const customer = done_until('register');
    const registration = customer.registration && { ...customer.registration, redirect_uri: 'https://SiemMsspConnector' };
    const { host, user } = await open_customer({ customers: [{ ...customer, registration }], holds: ['consent'] });
    expect(says('compatibility')).toContain('https://SiemMsspConnector');
    expect(gone('consent-copy')).toBe(true);
    await user.click(at('primary'));
    await until(() => expect(says('waiting')).toContain('sign-in window'));
    await user.click(at('open-again'));
    await until(() => expect(host.asked.filter((one) => one === 'consent').length).toBe(2));
    await user.click(at('cancel'));
    await until(() => at('consent-browser'));
    await user.click(at('consent-browser'));
    await until(() => expect(says('waiting')).toContain('address of the last page'));
  });

  test('a sign-in can be taken to a phone by its QR code', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => at('sign-in-qr'));
    expect(host.asked).not.toContain('qr_code');
    await user.click(at('sign-in-qr').querySelector('summary')!);
    await until(() => expect(at('sign-in-qr').querySelector('svg')).toBeTruthy());
    expect(says('sign-in-qr')).toContain('paste it above');
  });

  test('a redirect address that only looks right is explained', async () => {
    const { user } = await open_customer({ customers: [done_until('register')], holds: ['consent'] });
    await user.click(at('primary'));
    await until(() => at('registered'));
    await user.type(at('registered'), 'http://localhost/siemMsspConnector');
    await user.click(at('compare'));
    await until(() => expect(says('compared')).toContain('Capital and small letters'));
  });

  test('another tenant is shown beside the expected one', async () => {
    const actual = '91d0aa34-2c6e-4f07-b5d8-0e43c1f977b1';
    const { user } = await open_customer({
      customers: [done_until('register')],
      fails: { consent: problem('wrong-tenant', { expected: done_until('register').tenant_id, actual }) },
    });
    await user.click(at('primary'));
    await until(() => expect(says('actual-tenant')).toBe(actual));
    expect(step_state('consent')).toBe('bad');
    expect(at('primary').textContent).toContain('again');
  });

  test('Microsoft’s own code and ids are there for support', async () => {
    const { user } = await open_customer({
      customers: [done_until('register')],
      fails: {
        consent: problem('conditional-access', {}, {
          who: 'customer-admin',
          microsoft: { error: 'invalid_grant', code: 'AADSTS53003', message: 'Access has been blocked.', trace_id: 'trace-1', correlation_id: 'correlation-1', timestamp: '2026-11-20 14:02:11Z' },
        }),
      },
    });
    await user.click(at('primary'));
    await until(() => expect(says('problem-microsoft')).toContain('AADSTS53003'));
    expect(says('problem')).toContain('An administrator of the customer');
    expect(says('problem')).toContain('correlation-1');
  });
});

describe('step 3', () => {
  test('shows what to paste into the portal and goes on by itself once the API answers', async () => {
    const { host } = await open_customer({ customers: [done_until('consent', legacy)], holds: ['authorise'] });
    await until(() => expect(says('portal-application-id')).toBe('4a7d9e10-5c3b-4f28-9d61-e8b20f7c5a93'));
    expect(says('portal-tenant-id')).toBe('b3d09a54-1f62-4e7b-a9c8-50e2d6f7183c');
    await until(() => expect(says('countdown')).toContain('watching for'));
    expect(evidence('api-answers')).toBe('person');
    expect(host.given.authorise).toEqual([{ customer: 'customer-1', wait_seconds: 600 }]);
    host.release('authorise');
    await until(() => at('authorised'));
    expect(evidence('api-answers')).toBe('proven');
  });

  test('watching can be stopped and begun again', async () => {
    const { host, user } = await open_customer({ customers: [done_until('consent', legacy)], holds: ['authorise'] });
    await until(() => at('cancel'));
    await user.click(at('cancel'));
    await until(() => at('watch-again'));
    expect(gone('problem')).toBe(true);
    await user.click(at('watch-again'));
    await until(() => expect(host.asked.filter((one) => one === 'authorise')).toHaveLength(2));
  });

  test('not being authorised yet is a state, not a failure', async () => {
    await open_customer({ customers: [done_until('consent', legacy)], fails: { authorise: problem('authorisation-pending') } });
    await until(() => expect(says('watch')).toContain('Not authorised yet'));
    expect(gone('problem')).toBe(true);
    expect(step_state('authorise')).toBe('person');
  });

  test('a source without a portal step is only asked whether it answers', async () => {
    const { host } = await open_customer({ customers: [done_until('consent')] });
    await until(() => at('authorised'));
    expect(host.given.authorise).toEqual([{ customer: 'customer-1', wait_seconds: 0 }]);
    expect(gone('watch')).toBe(true);
  });
});

describe('export and test pull', () => {
  test('files that are there already are replaced only when the person says so', async () => {
    const { host, user } = await open_customer({
      customers: [done_until('authorise')],
      fails: { export_files: problem('files-exist', { folder: '/x', files: 'WDATP-connector.properties, manifest.json' }) },
    });
    await until(() => expect((at('folder') as HTMLInputElement).value).not.toBe(''));
    await user.click(at('primary'));
    await until(() => expect(says('dialog')).toContain('WDATP-connector.properties'));
    expect(gone('files')).toBe(true);
    await user.click(at('overwrite'));
    await until(() => at('files'));
    expect(host.given.export_files).toEqual([expect.objectContaining({ overwrite: true })]);
  });

  test('another folder after writing asks to write again', async () => {
    const { user } = await open_customer({ customers: [done_until('authorise')] });
    await until(() => expect((at('folder') as HTMLInputElement).value).not.toBe(''));
    await user.click(at('primary'));
    await until(() => at('files'));
    await user.type(at('folder'), '2');
    expect(says('primary')).toBe('Write the files');
    expect(gone('files')).toBe(true);
  });

  test('no alerts is a complete proof', async () => {
    const { user } = await open_customer({ customers: [done_until('export')], alerts: 0 });
    await user.click(at('primary'));
    await until(() => at('no-alerts'));
    expect(evidence('alerts-pulled')).toBe('proven');
    expect(inside('proof-files').getAllByRole('listitem').every((item) => item.getAttribute('data-proven') === 'true')).toBe(true);
  });

  test('a running pull shows how far it is, and can be cancelled', async () => {
    const { user } = await open_customer({ customers: [done_until('export')], holds: ['verify'] });
    await user.click(at('primary'));
    await until(() => expect(says('pulling')).toContain('107 alerts so far'));
    expect(says('pull-numbers')).toContain('about 9 sec');
    await user.click(at('cancel'));
    await until(() => expect(gone('pulling')).toBe(true));
    expect(gone('problem')).toBe(true);
    await until(() => expect(says('kept')).toContain('107 alerts had arrived'));
    expect(evidence('alerts-pulled')).toBe('not-yet');
    expect(at('alerts').getAttribute('aria-label')).toBe('Alerts');
  });

  test('a pull that waits says for what, and when it goes on', async () => {
    const until_then = new Date(Date.now() + 27_000).toISOString();
    await open_customer({ customers: [done_until('export')], holds: ['verify'], pulled: { attempt: 2, waits: { why: 'throttled', until: until_then } } }).then(({ user }) => user.click(at('primary')));
    await until(() => expect(says('pull-waits')).toMatch(/Microsoft asked us to slow down ?We ask again in 0:2\d/));
    expect(says('pull-numbers')).toContain('attempt 2');
  });

  test('an alert opens beside the table, and Escape leads back to its row', async () => {
    const { host, user } = await open_customer({ customers: [done_until('export')], alerts: 25 });
    await user.click(at('primary'));
    await until(() => expect(at('alerts').getAttribute('aria-rowcount')).toBe('26'));
    at('alerts').focus();
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    await until(() => expect(says('drawer-place')).toBe('Alert 3 of 25'));
    expect(at('foreign-link').textContent).toContain('https://portal.example/incidents/1');
    await user.click(at('open-alert'));
    expect(host.given.open_alert_link).toEqual([2, 'alert']);
    await user.click(at('drawer-next'));
    await until(() => expect(says('drawer-place')).toBe('Alert 4 of 25'));
    await user.keyboard('{Escape}');
    await until(() => expect(gone('drawer')).toBe(true));
    await until(() => expect(document.activeElement).toBe(at('alerts')));
    expect(at('alerts').getAttribute('aria-activedescendant')).toBe('alert-3');
  });

  test('what is saved is what the filters show', async () => {
    const { host, user } = await open_customer({ customers: [done_until('export')], alerts: 25 });
    await user.click(at('primary'));
    await until(() => at('severity-high'));
    await user.click(at('severity-high'));
    await until(() => expect(says('matching')).toBe('7 of 25 alerts'));
    await user.click(at('save-csv'));
    await until(() => expect(says('saved-path')).toBe('/home/lena/alerts.csv'));
    expect(host.given.save_alerts).toEqual([{ sort: 'time', reversed: false, severities: ['high'], text: '' }, 'csv']);
  });

  test('a check that was running when the pull failed is shown as failed', async () => {
    const { user } = await open_customer({ customers: [done_until('export')], fails: { verify: problem('api-denied', {}, { who: 'customer-admin' }) } });
    await user.click(at('primary'));
    await until(() => at('problem'));
    expect(evidence('files-read-back')).toBe('proven');
    expect(evidence('alerts-pulled')).toBe('failed');
  });
});

describe('home', () => {
  test('the most urgent customer comes first', async () => {
    const expired = done_until('test-pull', { id: 'b', name: 'B', registration: { ...done_until('register').registration!, secret_expires: '2020-01-01' } });
    await open_window({ customers: [done_until('test-pull', { id: 'a', name: 'A' }), expired, done_until('register', { id: 'c', name: 'C' })] });
    const rows = inside('customers').getAllByTestId('customer-row').map((row) => row.getAttribute('data-customer'));
    expect(rows).toEqual(['b', 'c', 'a']);
  });

  test('a customer is forgotten only after its name was typed', async () => {
    const { host, user } = await open_window({ customers: [done_until('consent')] });
    await user.click(inside('customers').getByLabelText('Forget Contoso Logistics'));
    await until(() => at('dialog'));
    expect(at('forget')).toHaveProperty('disabled', true);
    await user.type(at('forget-name'), 'Contoso Logistics');
    await user.click(at('forget'));
    await until(() => expect(page()).toBe('customers-empty'));
    expect(host.given.forget_customer).toEqual(['customer-1']);
  });
});

describe('keyboard', () => {
  test('the first screen begins at its heading', async () => {
    await open_window();
    expect(document.activeElement).toBe(at('heading'));
  });

  test('a new step begins at its heading; Ctrl+Enter and Alt+Left lead on and back', async () => {
    const { user } = await open_customer({ customers: [done_until('consent')] });
    await until(() => at('authorised'));
    await user.keyboard('{Control>}{Enter}{/Control}');
    expect(page()).toBe('export');
    expect(document.activeElement).toBe(at('heading'));
    await user.keyboard('{Alt>}{ArrowLeft}{/Alt}');
    expect(page()).toBe('authorise');
  });
});

describe('trouble with the list', () => {
  test('a page that cannot be left says why', async () => {
    const { host, user } = await open_customer({ customers: [done_until('register')] });
    host.fail('customers', problem('vault-damaged', { reason: 'x' }));
    await user.click(at('home'));
    await until(() => expect(at('problem').getAttribute('data-code')).toBe('vault-damaged'));
    expect(page()).toBe('consent');
  });
});

describe('language', () => {
  test('changes every word at once and keeps what was typed', async () => {
    const { user } = await open_window();
    await user.click(at('onboard'));
    await user.type(at('name'), 'Contoso');
    await user.selectOptions(at('language'), 'ko');
    expect(heading()).toBe('어느 고객의 경고를 어디로 보낼까요?');
    expect((at('name') as HTMLInputElement).value).toBe('Contoso');
    expect(document.documentElement.lang).toBe('ko');
  });

  test('is kept for the next start and the command line, in practice too', async () => {
    const { host, user } = await open_window();
    await user.click(at('rehearse'));
    await user.selectOptions(at('language'), 'zh-TW');
    await until(() => expect(host.given.speak).toEqual(['zh-TW']));
  });

  test('begins as the settings say, whatever the window remembers', async () => {
    language.choose('zh-TW');
    await language.start();
    expect(document.documentElement.lang).toBe('zh-TW');
    await open_window({ language: 'ko' });
    expect(document.documentElement.lang).toBe('ko');
  });

  test('that was chosen meanwhile is not taken back', async () => {
    language.choose('ko');
    await open_window({ language: 'en' });
    expect(document.documentElement.lang).toBe('ko');
  });
});
