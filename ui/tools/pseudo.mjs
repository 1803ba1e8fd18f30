/**
 * Writes a project of messages that has one language more: English with accents, a third longer, in brackets. A text
 * that shows without them is not in the catalogues; a text that is cut would be cut in a longer language, too.
 *
 * Only builds for tests have it (`npm run build:pseudo`); nobody can choose it. What it writes is not kept in the tree.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The tag of the language: English, as ISO 3166 leaves the region XA to whoever needs one. */
export const PSEUDO = 'en-XA';

const ACCENTS = new Map(
  Object.entries({ a: 'á', b: 'ƀ', c: 'ç', d: 'ð', e: 'é', g: 'ĝ', h: 'ĥ', i: 'í', j: 'ĵ', k: 'ķ', l: 'ļ', n: 'ñ', o: 'ó', r: 'ŕ', s: 'š', t: 'ţ', u: 'ú', w: 'ŵ', y: 'ý', z: 'ž', A: 'Á', C: 'Ç', D: 'Ð', E: 'É', G: 'Ĝ', H: 'Ĥ', I: 'Í', K: 'Ķ', L: 'Ļ', N: 'Ñ', O: 'Ó', R: 'Ŕ', S: 'Š', T: 'Ţ', U: 'Ú', W: 'Ŵ', Y: 'Ý', Z: 'Ž' }),
);
const LONGER = 1.35;

/** A message in the pseudo-language. Its values, code and emphasis stay what they are. */
export function pseudo(text) {
  let [written, read] = [0, 0];
  const pieces = text.split(/(\{\w+\}|`[^`]+`|\*\*)/u).map((piece) => {
    if (/^(\{\w+\}|`[^`]+`|\*\*)$/u.test(piece)) {
      return piece;
    }
    return [...piece].map((letter) => {
      const accented = ACCENTS.get(letter) ?? letter;
      read += 1;
      // Vowels are drawn out until the text is as long as it should be.
      const drawn = /[aeiou]/.test(letter) && written < read * LONGER ? accented.repeat(2) : accented;
      written += drawn.length;
      return drawn;
    }).join('');
  });
  return `⟦${pieces.join('')}⟧`;
}

/** A catalogue in the pseudo-language; plural forms and the like keep their shape. */
function translated(value) {
  if (typeof value === 'string') {
    return pseudo(value);
  }
  if (Array.isArray(value)) {
    return value.map(translated);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, translated(inner)]));
}

/** Writes the project into a folder of `ui/` and answers with its path. */
export function write_project(folder = '.pseudo') {
  const project = join(folder, 'project.inlang');
  const settings = JSON.parse(readFileSync('project.inlang/settings.json', 'utf8'));
  const format = settings['plugin.inlang.messageFormat'];
  rmSync(folder, { recursive: true, force: true });
  for (const pattern of format.pathPattern) {
    for (const locale of settings.locales) {
      const file = pattern.replace('{locale}', locale);
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(file, join(folder, file));
    }
    const catalogue = JSON.parse(readFileSync(pattern.replace('{locale}', 'en'), 'utf8'));
    const file = join(folder, pattern.replace('{locale}', PSEUDO));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(translated(catalogue), null, 2));
  }
  mkdirSync(project, { recursive: true });
  const modules = settings.modules.map((module) => join('..', module));
  writeFileSync(join(project, 'settings.json'), JSON.stringify({ ...settings, modules, locales: [...settings.locales, PSEUDO] }, null, 2));
  return `./${project}`;
}
