// SPDX-License-Identifier: Apache-2.0
// The helpers of driver.c, for handlebars.js.
'use strict';

function typeName(value) {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

module.exports = {
  join(...args) {
    const { hash } = args.pop();
    const text = (a) => (a === undefined ? 'null' : String(a));
    return args.map(text).join('sep' in hash ? text(hash.sep) : '');
  },
  show(...args) {
    const { hash } = args.pop();
    return args.map((a) => `<${typeName(a)}>`).join('') +
      Object.keys(hash).map((k) => `<${k}:${typeName(hash[k])}>`).join('');
  },
  keyOf(...args) {
    const of = args.length > 1 ? args[0] : this;
    return of && of.key !== undefined ? String(of.key) : '';
  },
  lines(n) {
    let text = '';
    for (let i = 1; i <= n; i++) text += `line ${i}\n`;
    return text;
  },
};
