// SPDX-License-Identifier: Apache-2.0
// main.js DRIVER: the specification, written templates, random templates. See run.
'use strict';

const compare = require('./compare');
const handlebars = require('./handlebars');
const randomCase = require('./random');
const specification = require('./specification');

const driver = process.argv[2];
const seed = Number(process.env.SEED || 1);
const count = Number(process.env.COUNT || 3000);
let passed = 0;
let failed = 0;

function group(title, cases) {
  const [good, bad] = compare(driver, cases);
  passed += good;
  failed += bad;
  console.log(`${title}: ${good} passed, ${bad} failed`);
}

const withExpected = (one) => ({ ...one, expected: handlebars.expected(one) });

group('Mustache specification', specification());
group('handlebars.js, written templates', handlebars.written().map(withExpected));
for (let from = seed; from < seed + count; from += 1000) {
  const n = Math.min(1000, seed + count - from);
  group(`handlebars.js, random templates ${from} to ${from + n - 1}`,
    Array.from({ length: n }, (_, i) => withExpected(randomCase(from + i))));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
