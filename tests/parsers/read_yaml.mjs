// Reads YAML with js-yaml and JSON with JSON.parse, and prints each file as a line of JSON: file, document.
// Run: node read_yaml.mjs FILE...

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The package is one of the window's development tools: one lock file for all of npm.
const yaml = createRequire(new URL('../../ui/package.json', import.meta.url))('js-yaml');

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node read_yaml.mjs FILE...');
  process.exit(2);
}
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const document = file.endsWith('.json') ? JSON.parse(text) : yaml.load(text);
  console.log(JSON.stringify({ file, document }));
}
