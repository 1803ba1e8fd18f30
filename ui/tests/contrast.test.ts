/**
 * The colours of `tokens.css` against each other, read from that file: WCAG 2.2 AA everywhere, AAA for the text that is
 * read, 3 to 1 for what is no text but has to be seen. What stands on what is data; a colour that is in no pair needs a
 * reason.
 */
import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

const css = readFileSync('src/styles/tokens.css', 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const [everyday = '', forced = ''] = css.split('@media (forced-colors: active)');
const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** Each colour token, with its value in each theme. */
const tokens = new Map(
  [...everyday.matchAll(/--([\w-]+):\s*light-dark\(\s*(#[0-9a-f]{6}|rgb\([^)]+\))\s*,\s*(#[0-9a-f]{6}|rgb\([^)]+\))\s*\)/gi)].map(
    ([, name = '', light = '', dark = '']): [string, Record<Theme, string>] => [name, { light, dark }],
  ),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

const SURFACES = ['canvas', 'surface', 'surface-2', 'raised', 'sunken'];
const LIVELY = ['hover', 'pressed'];
const TINTS = ['accent-tint', 'ok-tint', 'person-tint', 'warn-tint', 'bad-tint', 'idle-tint', 'practice-tint'];
/** Words in a meaning's colour stand on every surface and on that meaning's tint. */
const MEANINGS = ['accent', 'ok', 'person', 'warn', 'bad', 'idle', 'practice'];
/** Where marks, edges and plots are drawn. */
const DRAWN_ON = ['canvas', 'surface', 'surface-2', 'raised'];

interface Pairs {
  what: string;
  least: number;
  above: readonly string[];
  below: readonly string[];
}
const PAIRS: readonly Pairs[] = [
  { what: 'text that is read (AAA)', least: 7, above: ['text'], below: [...SURFACES, ...LIVELY, ...TINTS] },
  { what: 'text that is read, softer (AAA)', least: 7, above: ['text-2'], below: SURFACES },
  { what: 'softer text on what is pointed at or tinted', least: 4.5, above: ['text-2'], below: [...LIVELY, ...TINTS] },
  { what: 'captions', least: 4.5, above: ['text-3'], below: [...SURFACES, 'hover', ...TINTS] },
  ...MEANINGS.map((meaning) => ({ what: `words of ${meaning}`, least: 4.5, above: [meaning], below: [...SURFACES, `${meaning}-tint`] })),
  { what: 'words on the primary button', least: 4.5, above: ['on-accent'], below: ['accent-fill', 'accent-fill-hover', 'accent-fill-pressed'] },
  { what: 'words on the button that destroys', least: 4.5, above: ['on-bad'], below: ['bad-fill'] },
  { what: 'words on the ribbon', least: 4.5, above: ['on-practice'], below: ['practice-fill', 'practice-stripe'] },
  { what: 'focus ring', least: 3, above: ['focus'], below: [...SURFACES, ...LIVELY, ...TINTS] },
  { what: 'edges of controls', least: 3, above: ['stroke-control'], below: [...SURFACES, 'hover'] },
  { what: 'the primary button and finished steps', least: 3, above: ['accent-fill', 'bad-fill'], below: DRAWN_ON },
  { what: 'plots', least: 3, above: ['sev-high', 'sev-medium', 'sev-low', 'sev-info', 'plot-bar'], below: DRAWN_ON },
];

/** Colours that need no contrast, and why. */
const EXEMPT: Record<string, string> = {
  scrim: 'dims what lies behind a dialog',
  stroke: 'decoration: cards are told apart by their space',
  'stroke-soft': 'decoration',
  'text-disabled': 'WCAG exempts controls that are off; it never carries information alone',
  'accent-edge': 'decoration: a tint has an icon and a word',
  'ok-edge': 'decoration: a tint has an icon and a word',
  'person-edge': 'decoration: a tint has an icon and a word',
  'warn-edge': 'decoration: a tint has an icon and a word',
  'bad-edge': 'decoration: a tint has an icon and a word',
  'idle-edge': 'decoration: a tint has an icon and a word',
  'practice-edge': 'decoration: a tint has an icon and a word',
  'plot-grid': 'decoration: the axis has its numbers',
  'plot-lane': 'decoration: the dates on it are marks of their own',
};

describe('contrast', () => {
  test('white on black is 21 to 1', () => {
    expect(contrast('#ffffff', '#000000')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.478, 2);
  });

  test.each(THEMES)('every pair is far enough apart: %s', (theme) => {
    const near: string[] = [];
    let compared = 0;
    for (const { what, least, above, below } of PAIRS) {
      for (const over of above) {
        for (const under of below) {
          const [one, other] = [tokens.get(over)?.[theme], tokens.get(under)?.[theme]];
          expect(one, `--${over}`).toBeDefined();
          expect(other, `--${under}`).toBeDefined();
          const ratio = contrast(one ?? '', other ?? '');
          compared += 1;
          if (ratio < least) {
            near.push(`${what}: --${over} on --${under} is ${ratio.toFixed(2)}, not ${least}`);
          }
        }
      }
    }
    expect(near).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });

  test('every colour is in a pair, or says why it need not be', () => {
    const named = new Set([...PAIRS.flatMap(({ above, below }) => [...above, ...below]), ...Object.keys(EXEMPT)]);
    expect([...tokens.keys()].filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !tokens.has(name))).toEqual([]);
  });

  test('in forced colours every colour is one of the system’s', () => {
    const SYSTEM = /^(Canvas|CanvasText|LinkText|Highlight|HighlightText|ButtonFace|ButtonText|ButtonBorder|GrayText)$/;
    const values = new Map([...forced.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value.trim()]));
    for (const name of tokens.keys()) {
      expect(values.get(name) ?? `--${name} keeps its own`, name).toMatch(SYSTEM);
    }
  });
});
