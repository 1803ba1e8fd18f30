/** Menu, keys, help, journal, practice's faults, timeline and filters: what is there on every page. */
import { fireEvent, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { CustomerView } from '../src/lib/contract/CustomerView';
import { a_customer, CLIENT_ID, PROVIDER_TENANT } from '../src/lib/host/fake';
import { labelled, marks, SPAN } from '../src/lib/state/dates';
import { at, gone, inside, open_customer, open_window, page, says, settled, until } from './window';

const in_days = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const with_secret = (id: string, name: string, days: number, more: Partial<CustomerView> = {}) =>
  a_customer({ id, name, registration: { client_id: CLIENT_ID, home_tenant: PROVIDER_TENANT, redirect_uri: 'http://localhost/SiemMsspConnector', secret_kept: true, secret_expires: in_days(days) }, ...more });

describe('the menu', () => {
  it('holds what can be done on the page, in the language of the window', async () => {
    const { host, user } = await open_window();
    const [file] = host.menu();
    expect(file?.label).toBe('File');
    expect(file?.entries.find((entry) => entry.kind === 'item' && entry.id === 'new-customer')).toMatchObject({ keys: 'Ctrl+N', enabled: true });
    await user.selectOptions(at('language'), 'ko');
    await settled();
    expect(host.menu()[0]?.label).toBe('파일');
  });

  it('does what its keys do', async () => {
    const { host } = await open_window();
    host.choose('new-customer');
    await settled();
    expect(page()).toBe('destination');
    await fireEvent.keyDown(window, { key: 'Home', altKey: true });
    await settled();
    expect(page()).toBe('customers-empty');
    await fireEvent.keyDown(window, { key: 'j', ctrlKey: true });
    await settled();
    expect(page()).toBe('journal');
  });

  it('shows which theme and language are on, and changes them', async () => {
    const { host } = await open_window();
    const entry = (id: string) => host.menu().flatMap((menu) => menu.entries).find((one) => one.kind === 'check' && one.id === id);
    host.choose('theme-dark');
    await settled();
    expect(entry('theme-dark')).toMatchObject({ checked: true });
    expect(document.documentElement.dataset['theme']).toBe('dark');
    host.choose('theme-system');
    host.choose('language-zh-TW');
    await settled();
    expect(entry('language-zh-TW')).toMatchObject({ checked: true });
    host.choose('language-en');
  });

  it('makes everything larger, and as it was', async () => {
    const { host } = await open_window();
    host.choose('larger');
    await settled();
    expect(host.given.zoom).toEqual([1.1]);
    await fireEvent.keyDown(window, { key: '0', ctrlKey: true });
    await settled();
    expect(host.given.zoom).toEqual([1]);
  });

  it('does nothing under a question that must be answered first', async () => {
    const { host, user } = await open_customer({ customers: [a_customer()] });
    host.choose('about');
    await until(() => expect(says('about')).toContain('0.1.0'));
    host.choose('journal');
    await settled();
    expect(page()).not.toBe('journal');
    await user.keyboard('{Escape}');
    await until(() => expect(gone('about')).toBe(true));
  });
});

describe('help', () => {
  it('is about the page on screen', async () => {
    await open_customer({ customers: [a_customer()] });
    await fireEvent.keyDown(window, { key: 'F1' });
    await until(() => expect(says('help')).toContain('Somebody who may register apps in your tenant.'));
  });

  it('names every key', async () => {
    const { host } = await open_window();
    host.choose('keys');
    await until(() => expect(says('keys')).toContain('Ctrl+N'));
  });
});

describe('the list of customers', () => {
  const customers = [with_secret('1', 'Contoso', 5), with_secret('2', 'Fabrikam', 60), with_secret('3', 'Tailspin', -3)];

  it('is narrowed by what a customer needs', async () => {
    const { user } = await open_window({ customers });
    await user.click(at('chip-expired'));
    expect(screen.getAllByTestId('customer-row')).toHaveLength(1);
    await user.click(at('chip-all'));
    expect(screen.getAllByTestId('customer-row')).toHaveLength(3);
  });

  it('says what ends in ninety days, drawn and as a table', async () => {
    const { user } = await open_window({ customers });
    expect(inside('timeline').getByRole('img').getAttribute('aria-label')).toContain('Contoso');
    await user.click(at('timeline-as-table'));
    expect(says('timeline-table')).toContain('Fabrikam');
    expect(says('timeline')).toContain('1 already expired');
  });

  it('never draws a label over another label or mark', () => {
    const many = Array.from({ length: 40 }, (_, at) => with_secret(String(at), `Customer ${at}`, at * 2));
    const { ahead } = marks(many, []);
    const shown = labelled(ahead, () => 11);
    expect(ahead.every((mark) => mark.days <= SPAN)).toBe(true);
    expect(shown.size).toBe(0);
    const [first, , , , , , , , far] = ahead;
    const two = [first, far].flatMap((mark) => (mark ? [mark] : []));
    expect(labelled(two, () => 11).size).toBe(2);
  });
});

describe('notifications', () => {
  it('come only when they were asked for, and name who needs something', async () => {
    const { host, app, user } = await open_window({ customers: [with_secret('1', 'Contoso', -1)] });
    expect(host.asked).not.toContain('notify');
    app.show('settings');
    await until(() => expect(gone('notify')).toBe(false));
    await user.click(at('notify'));
    await settled();
    expect(host.given.notify).toEqual(['1 customer needs you soon', 'Contoso']);
    await user.click(at('notify'));
  });
});

describe('the journal', () => {
  it('shows what was done, newest first, and that the chain is whole', async () => {
    const { host, user } = await open_window({ customers: [a_customer()] });
    await user.click(at('journal'));
    await until(() => expect(host.asked).toContain('journal'));
    await settled();
    expect(page()).toBe('journal');
    expect(says('heading')).toBe('Journal');
  });

  it('says what was set, and calls no setting a mistake', async () => {
    const { user } = await open_window({ customers: [a_customer()], changes: ['language, proxy', `trusted ${'c'.repeat(64)}`, `no longer trusted ${'c'.repeat(64)}`] });
    await user.click(at('journal'));
    await until(() => expect(screen.getAllByTestId('journal-entry')).toHaveLength(3));
    const [newest, middle, oldest] = screen.getAllByTestId('journal-entry').map((row) => row.textContent ?? '');
    expect(newest).toContain('Authority removed: cccccccc…cccc');
    expect(middle).toContain('Authority added');
    expect(oldest).toContain('Language, Proxy');
    expect(newest).not.toContain('mistake');
  });
});

describe('practice', () => {
  it('goes wrong as it is told, at once, and comes back to the step', async () => {
    const { host, app, user } = await open_window();
    await app.rehearse();
    await settled();
    await user.click(at('practice-choose'));
    await user.click(at('scenario-throttled'));
    await settled();
    expect(host.given.practice_scenarios).toEqual([['throttled']]);
    expect((at('scenario-throttled') as HTMLInputElement).checked).toBe(true);
    await user.click(at('practice-back'));
    expect(page()).toBe('destination');
    expect(says('practice-choose')).toBe('What goes wrong: 1');
  });
});
