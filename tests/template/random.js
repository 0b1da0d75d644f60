// SPDX-License-Identifier: Apache-2.0
// Random templates and data in the language that both engines share. Names have a type of their
// own, whatever object they are in, so that arrays and objects are never printed. Left out because
// handlebars.js does something odd there: blanks before {{/if}} after {{else if}} (it leaves them),
// ../ in partials (depends on the caller's text), nested loops over equal scalars (no ../ step),
// numbers side by side (it adds them up), {{else}} in {{^x}} (it looks at the wrong part for white
// space).
'use strict';

const SCALARS = ['label', 'key', 'name', 'host', 'port', 'ratio', 'flag', 'off', 'empty', 'zero',
  'nothing', 'missing'];
const STRINGS = ['label', 'key', 'name', 'host', 'empty', 'nothing', 'missing'];
const TEXTS = ['10.0.0.1:80', 'web', 'a b', '*:8080', 'x<y>&"z"', 'é→', "it's", 'bind {', '}}',
  '#'];
const LITERALS = ['"text"', "'it is'", '12', '-3', 'true', 'false', '"a\\"b"', '1.5'];
const WORDS = ['server', 'bind ', ' mode http', '    option x', '\n', '\n', '\n    ', ' ', '\n\n',
  'a\\{{key}} b', 'c:\\\\{{key}}.', '{ } { ', '# note', '=', '{{! note }}', '{{!-- }} --}}', '\t',
  '|'];
const LISTS = ['frontends', 'backends', 'rules', 'members', 'none', 'missing'];
const SCALAR_LISTS = ['natives', 'numbers', 'table'];
const OBJECTS = ['health', 'meta', 'hollow', 'nothing', 'missing'];

// xorshift32: the same seed gives the same cases everywhere.
function generator(seed) {
  let s = seed >>> 0 || 1;
  const next = () => {
    s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0;
    return s;
  };
  const below = (n) => next() % n;
  return {
    below,
    pick: (list) => list[below(list.length)],
    chance: (percent) => below(100) < percent,
    times: (most, make) => Array.from({ length: below(most) }, make),
  };
}

function makeScalar(r, name) {
  switch (name) {
    case 'flag': return r.chance(70);
    case 'off': return false;
    case 'empty': return '';
    case 'zero': return 0;
    case 'nothing': return null;
    case 'port': return r.below(65536);
    case 'ratio': return r.below(1000) + 0.5;
    default: return r.pick(TEXTS);
  }
}

function makeData(r, depth) {
  const o = {};
  for (const name of SCALARS) if (name !== 'missing' && r.chance(75)) o[name] = makeScalar(r, name);
  if (r.chance(75)) o.numbers = r.times(4, () => r.below(3));
  if (r.chance(75)) o.natives = r.times(3, () => r.pick(TEXTS));
  const entry = () => [r.pick(['b', 'a', 'x y']), r.pick(TEXTS)];
  if (r.chance(75)) o.table = Object.fromEntries(r.times(4, entry));
  if (r.chance(75)) o.none = [];
  if (r.chance(75)) o.hollow = {};
  if (depth === 0) return o;
  for (const name of ['frontends', 'backends', 'rules', 'members']) {
    if (r.chance(75)) o[name] = r.times(4, () => makeData(r, depth - 1));
  }
  for (const name of ['health', 'meta']) if (r.chance(75)) o[name] = makeData(r, depth - 1);
  return o;
}

class Writer {
  constructor(r, eol, inPartial) {
    this.r = r;
    this.eol = eol;
    this.inPartial = inPartial;
    this.scalarContext = false;
    this.budget = 30;
  }

  blanks() { return this.r.pick(['', '', ' ', '  ', '\t', '      ']); }

  // A tag that says nothing itself: alone on its line, inline, or somewhere in between.
  quiet(inside) {
    const r = this.r;
    const tag = `{{${r.chance(8) ? '~' : ''}${inside}${r.chance(8) ? '~' : ''}}}`;
    switch (r.below(6)) {
      case 0: return tag;
      case 1: return ` ${tag}x`;
      case 2: return tag + this.blanks() + this.eol;
      case 3: return this.eol + this.blanks() + tag;
      case 4: return this.eol + this.blanks() + tag + this.blanks() + this.eol;
      default: return this.blanks() + tag + this.blanks() + this.eol;
    }
  }

  path(name) {
    const r = this.r;
    if (r.chance(70)) return name;
    const up = ['this.', './', 'this/'];
    if (!this.inPartial) up.push('../', '../', '../../', '../../../');
    if (r.chance(20)) return `@root.${name}`;
    return r.pick(up) + name;
  }

  scalar() {
    const r = this.r;
    if (this.scalarContext && r.chance(60)) return r.pick(['this', '.']);
    switch (r.below(12)) {
      case 0: return r.pick(['@index', '@key', '@first', '@last', '@../index', '@../key']);
      case 1: return `${this.path(r.pick(OBJECTS))}.${r.pick(SCALARS)}`;
      case 2: return `${this.path(r.pick(['rules', 'members', 'numbers']))}.length`;
      case 3: return `natives.[${r.below(3)}]`;
      case 4: return `table.${r.pick(['a', 'b', '[x y]'])}`;
      default: return this.path(r.pick(SCALARS));
    }
  }

  argument() {
    return this.r.chance(60) ? this.scalar() : this.r.pick(LITERALS);
  }

  value() {
    const r = this.r;
    if (r.chance(15)) {
      const hash = r.chance(50) ? ` sep=${this.argument()}` : '';
      const call = `${r.pick(['join', 'show'])} ${this.argument()} ${this.argument()}${hash}`;
      return r.pick([`{{${call}}}`, `{{{${call}}}}`, '{{lines 2}}', '{{keyOf this}}',
        '{{{keyOf}}}']);
    }
    const inside = this.scalar();
    const text = r.pick([`{{${inside}}}`, `{{ ${inside} }}`, `{{{${inside}}}}`, `{{& ${inside}}}`,
      `{{~${inside}}}`, `{{${inside}~}}`]);
    return STRINGS.includes(inside) ? text : `:${text}`;
  }

  text() { return this.r.pick(WORDS).replace(/\n/g, this.eol); }

  body(scalarContext) {
    const before = this.scalarContext;
    this.scalarContext = scalarContext;
    let text = '';
    for (let n = 1 + this.r.below(4); n > 0; n--) text += this.piece();
    this.scalarContext = before;
    return text;
  }

  // `inside` and `outside`: whether the context is a scalar in the part that is shown when the test
  // holds, and in the other.
  blockOf(word, subject, inside, outside) {
    const r = this.r;
    const inverted = r.chance(15);
    let text = this.quiet(`${inverted ? '^' : '#'}${word ? `${word} ` : ''}${subject}`);
    text += this.body(inverted ? outside : inside);
    if (!inverted && r.chance(35)) {
      text += this.quiet(r.pick(['else', '^', ' else '])) + this.body(outside);
    }
    return text + this.quiet(`/${word || subject}`);
  }

  block() {
    const r = this.r;
    const same = this.scalarContext;
    const lists = LISTS.concat(OBJECTS);
    const list = this.path(r.pick(LISTS));
    const switches = ['flag', 'off', 'missing', 'nothing'];
    switch (r.below(9)) {
      case 0: case 1: return this.blockOf('each', list, false, same);
      case 2:
        if (same) return this.value();
        return this.blockOf('each', this.path(r.pick(SCALAR_LISTS)), true, same);
      case 3: return this.blockOf('with', this.path(r.pick(OBJECTS)), false, same);
      case 4: return this.blockOf('if', r.pick([this.scalar(), list, 'true']), same, same);
      case 5: return this.blockOf('unless', r.pick([this.scalar(), list, '@last']), same, same);
      case 6: return this.blockOf('', this.path(r.pick(lists)), false, same);
      case 7: return this.blockOf('', this.path(r.pick(switches)), same, same);
      default: return this.chain();
    }
  }

  // Tags of a chain begin their line or stand between words: see the top of the file.
  chain() {
    const r = this.r;
    const same = this.scalarContext;
    const [before, after] = r.chance(50) ? [this.eol, this.eol] : ['x', 'x'];
    const tag = (inside) => `${before}{{${inside}}}${after}`;
    let text = `${tag(`#if ${this.scalar()}`)}${this.body(same)}`;
    for (let n = 1 + r.below(3); n > 0; n--) {
      text += tag(`else ${r.pick(['if', 'if', 'unless'])} ${this.scalar()}`) + this.body(same);
    }
    if (r.chance(60)) text += tag('else') + this.body(same);
    return `${text}${tag('/if')}`;
  }

  piece() {
    const r = this.r;
    if (--this.budget < 0) return this.text();
    const n = r.below(10);
    if (n < 4) return this.text();
    if (n < 7) return this.value();
    if (n === 7 && !this.inPartial) {
      const contexts = ['', '', '', 'this', this.path('health'), this.path('meta')];
      const context = this.scalarContext ? '' : r.pick(contexts);
      return this.quiet(`> ${r.pick(['p0', 'p1', 'dir/p2'])} ${context}`);
    }
    return this.block();
  }
}

module.exports = function randomCase(seed) {
  const r = generator(seed * 2654435761);
  for (let i = 0; i < 8; i++) r.below(2);
  const eol = r.chance(15) ? '\r\n' : '\n';
  const write = (inPartial) => {
    const w = new Writer(r, eol, inPartial);
    let text = '';
    for (let n = 2 + r.below(6); n > 0; n--) text += w.piece();
    return text;
  };
  return {
    name: `random ${seed}`,
    template: write(false),
    partials: { p0: write(true), p1: write(true), 'dir/p2': write(true) },
    data: makeData(r, 3),
  };
};
