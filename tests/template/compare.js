// SPDX-License-Identifier: Apache-2.0
// Runs cases through template-driver and compares: a case has `name`, the driver's fields, and
// `expected`.
'use strict';

const { spawnSync } = require('child_process');

function render(driver, cases) {
  const run = spawnSync(driver, {
    input: JSON.stringify(cases.map(({ name, expected, ...fields }) => fields)),
    maxBuffer: 1 << 30,
    timeout: 300000,
  });
  if (run.status !== 0) throw new Error(`template-driver failed (${run.status}): ${run.stderr}`);
  return JSON.parse(run.stdout);
}

// Prints what differs; returns [passed, failed].
module.exports = function compare(driver, cases) {
  const results = render(driver, cases);
  let failed = 0;
  cases.forEach((one, i) => {
    if (results[i].output === one.expected) return;
    failed++;
    if (failed > 10) return;
    console.log(`FAILED ${one.name}`);
    console.log(`  template ${JSON.stringify(one.template)}`);
    if (one.partials) console.log(`  partials ${JSON.stringify(one.partials)}`);
    console.log(`  data     ${JSON.stringify(one.data).slice(0, 500)}`);
    console.log(`  expected ${JSON.stringify(one.expected)}`);
    console.log(`  got      ${JSON.stringify(results[i])}`);
  });
  return [cases.length - failed, failed];
};
