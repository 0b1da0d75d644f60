// SPDX-License-Identifier: Apache-2.0
// What handlebars.js makes of a case; and templates of the kind that operators have.
'use strict';

const fs = require('fs');
const path = require('path');
const Handlebars = require('handlebars');
const helpers = require('./helpers');

function expected(one) {
  const engine = Handlebars.create();
  for (const [name, helper] of Object.entries(helpers)) engine.registerHelper(name, helper);
  for (const [name, text] of Object.entries(one.partials || {})) engine.registerPartial(name, text);
  return engine.compile(one.template, { noEscape: true })(one.data);
}

// cases/NAME.tmpl with cases/data.json; every file named part-X.tmpl is a partial X.
function written() {
  const folder = path.join(__dirname, 'cases');
  const read = (file) => fs.readFileSync(path.join(folder, file), 'utf8');
  const files = fs.readdirSync(folder).filter((f) => f.endsWith('.tmpl')).sort();
  const isPart = (file) => file.startsWith('part-');
  const partials = Object.fromEntries(files.filter(isPart).map((f) => [f.slice(5, -5), read(f)]));
  const data = JSON.parse(read('data.json'));
  return files.filter((f) => !isPart(f)).flatMap((file) => Object.keys(data).map((key) => (
    { name: `${file} with ${key}`, template: read(file), partials, data: data[key] })));
}

module.exports = { expected, written };
