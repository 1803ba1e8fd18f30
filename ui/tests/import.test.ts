import { describe, expect, test } from 'vitest';

import { a_customer, an_old_connector, old_files, problem } from '../src/lib/host/fake';
import { at, gone, heading, open_window, page, says, settled, until } from './window';

async function open_import(options: Parameters<typeof open_window>[0] = {}) {
  const opened = await open_window(options);
  await opened.user.click(at('import-open'));
  expect(page()).toBe('import');
  return opened;
}

describe('old connector files', () => {
  test('are chosen, shown with what is stale, and onboarded; the wizard goes on at the right step', async () => {
    const { host, user } = await open_import();
    expect(heading()).toContain('Import');
    await user.click(at('import-files'));
    await until(() => expect(at('stale')).toBeTruthy());
    expect(host.given.choose_old_files).toEqual([false]);
    const rows = document.querySelectorAll('[data-testid=stale-row]');
    expect(rows.length).toBe(4);
    expect(rows[2]?.textContent).toContain('WDATP-connector.properties:6');
    expect(rows[2]?.textContent).toContain('http://localhost/SiemMsspConnector');
    expect(says('import-secret')).toBe('found');
    expect((at('import-name') as HTMLInputElement).value).toBe('Contoso Logistics');
    await user.clear(at('import-name'));
    await user.type(at('import-name'), 'Contoso');
    await user.click(at('import-go'));
    await until(() => expect(at('import-done')).toBeTruthy());
    expect(host.given.onboard_old_files?.[0]).toEqual({ handle: 'lot-1', index: 0, name: 'Contoso' });
    expect(at('import-access').getAttribute('data-access')).toBe('proven');
    await user.click(at('import-continue'));
    expect(page()).toBe('authorise');
    expect(host.asked).toContain('forget_old_files');
  });

  test('can be dropped on the list, and are nobody’s business elsewhere', async () => {
    const { host, app, user } = await open_window({ customers: [a_customer()] });
    host.drag({ state: 'over' });
    await settled();
    expect(app.dragging).toBe(true);
    host.drag({ state: 'dropped', paths: ['/opt/splunk/etc/apps'] });
    await until(() => expect(at('stale')).toBeTruthy());
    expect(page()).toBe('import');
    expect(host.given.inspect_old_files).toEqual([{ paths: ['/opt/splunk/etc/apps'] }]);
    await user.click(at('import-back'));
    await user.click(at('onboard'));
    host.drag({ state: 'dropped', paths: ['/elsewhere'] });
    await settled();
    expect(page()).toBe('destination');
    expect(host.asked.filter((one) => one === 'inspect_old_files').length).toBe(1);
  });

  test('nothing is lost by going back, and a lot that the engine forgot is read again', async () => {
    const { host, user } = await open_import();
    await user.click(at('import-folder'));
    await until(() => expect(at('import-name')).toBeTruthy());
    await user.clear(at('import-name'));
    await user.type(at('import-name'), 'Contoso Ltd');
    await user.click(at('import-back'));
    await until(() => expect(gone('import-name')).toBe(true));
    await user.click(at('import-open'));
    expect((at('import-name') as HTMLInputElement).value).toBe('Contoso Ltd');
    host.fail('onboard_old_files', problem('old-files-gone'));
    await user.click(at('import-go'));
    await until(() => expect(host.asked.filter((one) => one === 'inspect_old_files').length).toBe(2));
  });

  test('one of several is chosen, and a tenant that no file names is asked for', async () => {
    const found = [an_old_connector(), an_old_connector({ index: 1, name: 'fabrikam', tenant: null, refresh_token: 'absent', missing: ['tenant', 'sign-in'], stale: [] })];
    const { host, user } = await open_import({ old_files: old_files(found) });
    await user.click(at('import-files'));
    await until(() => expect(at('import-one-1')).toBeTruthy());
    await user.click(at('import-one-1'));
    expect(says('import-missing')).toContain('A lasting sign-in');
    await user.click(at('import-go'));
    expect(says('import-tenant-error')).not.toBe('');
    await user.type(at('import-tenant'), 'fabrikam.example');
    await user.click(at('import-source-graph-alerts'));
    await user.click(at('import-go'));
    await until(() => expect(at('import-done')).toBeTruthy());
    expect(host.given.onboard_old_files?.[0]).toEqual({ handle: 'lot-1', index: 1, name: 'fabrikam', tenant: 'fabrikam.example', source: 'graph-alerts' });
    await user.click(at('import-continue'));
    expect(page()).toBe('consent');
  });

  test('a damaged file is named with its line, and nothing found says where to look', async () => {
    const damaged = problem('old-file-damaged', { file: '/opt/old/inputs.conf', line: '7', reason: 'malformed' });
    const { user } = await open_import({ old_files: old_files([], { problems: [damaged] }) });
    await user.click(at('import-files'));
    await until(() => expect(at('import-nothing')).toBeTruthy());
    expect(says('problem')).toContain('/opt/old/inputs.conf');
    expect(says('problem')).toContain('7');
  });
});
