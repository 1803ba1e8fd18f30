// Evaluates a Cribl collector's expressions as the product does: JavaScript in a context that holds nothing but its
// variables. Prints each file as a line of JSON: file, loginUrl, loginBody, collectUrl, authHeader, params.
// Run: node cribl_expressions.mjs FILE...

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node cribl_expressions.mjs FILE...');
  process.exit(2);
}
for (const file of files) {
  const { conf } = JSON.parse(readFileSync(file, 'utf8')).collector;
  const evaluated = (expression, variables) => vm.runInNewContext(`(${expression})`, variables, { timeout: 1000 });
  const credentials = { username: conf.username, password: conf.password };
  const body = evaluated(conf.loginBody, credentials);
  console.log(
    JSON.stringify({
      file,
      loginUrl: evaluated(conf.loginUrl, {}),
      loginBody: Object.fromEntries(new URLSearchParams(body)),
      collectUrl: evaluated(conf.collectUrl, {}),
      authHeader: evaluated(conf.authHeaderExpr, { token: 'a.b.c' }),
      params: conf.collectRequestParams.map(({ name, value }) => [name, evaluated(value, { earliest: 1763706600 })]),
    }),
  );
}
