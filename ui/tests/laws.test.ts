/** What must hold of the sources and the messages as a whole. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { preferred } from '../src/lib/state/language.svelte';
import { problem } from '../src/lib/host/fake';
import { message, problem_prose } from '../src/lib/words';

const LOCALES = ['en', 'ko', 'zh-TW'];
const settings = JSON.parse(readFileSync('project.inlang/settings.json', 'utf8')) as { 'plugin.inlang.messageFormat': { pathPattern: string[] } };
const areas = settings['plugin.inlang.messageFormat'].pathPattern;

function catalogue(locale: string): Map<string, string> {
  return new Map(areas.flatMap((area) => Object.entries(JSON.parse(readFileSync(area.replace('{locale}', locale), 'utf8')) as Record<string, string>)));
}
const english = catalogue('en');

/** The values of a contract type that is a union of words. */
function words_of(type: string): string[] {
  const text = readFileSync(`src/lib/contract/${type}.ts`, 'utf8');
  const union = /export type \w+ = ([^;]+);/.exec(text.replace(/\/\*[\s\S]*?\*\//g, ''))?.[1] ?? '';
  return [...union.matchAll(/"([a-z-]+)"/g)].map((match) => match[1] ?? '');
}

function sources(folder: string): [string, string][] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(svelte|ts)$/.test(entry.name) && !entry.parentPath.includes('paraglide'))
    .map((entry) => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'utf8')]);
}

describe('messages', () => {
  test('each lies in one file only', () => {
    const keys = areas.flatMap((area) => Object.keys(JSON.parse(readFileSync(area.replace('{locale}', 'en'), 'utf8')) as object));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each(LOCALES)('%s has every message, with the same values in it', (locale) => {
    const theirs = catalogue(locale);
    const values = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    expect([...theirs.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of english) {
      const translated = theirs.get(key) ?? '';
      expect(translated.trim(), key).not.toBe('');
      expect(values(translated), key).toEqual(values(text));
    }
  });

  test('every check, state, step and source of the contract has its words', () => {
    for (const [type, keys] of [
      ['EvidenceKey', (id: string) => [`evidence_${id}_title`, `evidence_${id}_about`]],
      ['EvidenceState', (id: string) => [`evidence_state_${id}`]],
      ['Step', (id: string) => [`step_${id}`]],
      ['SourceId', (id: string) => [`source_${id}_name`, `source_${id}_about`]],
      ['GrantKind', (id: string) => [`grant_${id}`, `grant_${id}_about`]],
      ['Region', (id: string) => [`region_${id}`]],
      ['Who', (id: string) => [`who_${id}`]],
      ['StaleKind', (id: string) => [`stale_${id}`, `stale_${id}_fix`]],
      ['FoundKind', (id: string) => [`found_kind_${id}`]],
      ['OldSecret', (id: string) => [`old_secret_${id}`]],
      ['CarriedAccess', (id: string) => [`carried_access_${id}`]],
      ['ProblemCode', (id: string) => [`problem_${id}_title`, `problem_${id}_cause`, `problem_${id}_fix`]],
    ] as const) {
      const ids = words_of(type);
      expect(ids.length, type).toBeGreaterThan(1);
      for (const id of ids) {
        for (const key of keys(id)) {
          expect(english.has(key.replaceAll('-', '_')), key).toBe(true);
        }
      }
    }
  });

  test('the customer is never called a client', () => {
    for (const [key, text] of english) {
      expect(text.replace(/application \(client\) ID|client secrets?|approved client app|client credentials/gi, ''), key).not.toMatch(/\bclient/i);
    }
  });

  test('a problem says ids as words, and a value nobody gave as a dash', () => {
    expect(problem_prose(problem('step-missing', { step: 'test-pull' })).cause + problem_prose(problem('step-missing', { step: 'test-pull' })).title).toContain('Test pull');
    expect(problem_prose(problem('tenant-not-found')).title).toContain('–');
    const late = problem_prose(problem('consent-timed-out', { seconds: '30' })).cause;
    expect(late).toContain('30');
    expect(late).not.toContain('–');
    expect(message('no_such_message')).toBeNull();
  });

  test('the system’s languages choose the first that there is', () => {
    expect(preferred(['de-DE', 'ko-KR', 'en'])).toBe('ko');
    expect(preferred(['zh-Hant-HK'])).toBe('zh-TW');
    expect(preferred(['zh-CN', 'fr'])).toBe('en');
    expect(preferred([])).toBe('en');
    expect(preferred(['C', 'POSIX', '', 'ko'])).toBe('ko');
  });
});

describe('sources', () => {
  const all = sources('src');

  test('no inline style or script that the content security policy refuses', () => {
    for (const [file, text] of all.filter(([name]) => name.endsWith('.svelte'))) {
      expect(text, file).not.toMatch(/\sstyle=|\sstyle:|\{@html|\stransition:|\sanimate:|\sin:|\sout:|\son[a-z]+="/);
    }
  });

  test('one file alone knows the shell', () => {
    expect(all.filter(([, text]) => text.includes("from '@tauri-apps")).map(([file]) => file)).toEqual([join('src', 'lib', 'host', 'tauri.ts')]);
  });

  test('one file alone imports a catalogue whole, and only its types', () => {
    const whole = all.filter(([, text]) => /from '[^']*paraglide\/messages/.test(text));
    expect(whole.map(([file]) => file)).toEqual([join('src', 'lib', 'messages.ts')]);
    expect(whole[0]?.[1]).toMatch(/import type [^;]*paraglide\/messages\/en.js/);
  });

  test('the lock file names no place to download from', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/"resolved"/);
  });
});
