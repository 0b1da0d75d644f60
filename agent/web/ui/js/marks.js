// SPDX-License-Identifier: Apache-2.0
// Small pictures of state: a mark (shape and colour and word), a donut, a line of the last minutes.
import { classes, html, memo } from "./lib.js";

// Shapes tell what colours tell.
const SHAPES = {
  ok: "M6 1a5 5 0 1 0 .01 0z",
  warn: "M6 .8 11.4 10.6H.6z",
  bad: "M1.2 1.2h9.6v9.6H1.2z",
  drain: "M6 1a5 5 0 0 0 0 10zM6 1a5 5 0 0 1 0 10V9.6a3.6 3.6 0 0 0 0-7.2z",
  maint: "M6 .3 11.7 6 6 11.7.3 6z",
  off: "M6 1a5 5 0 1 0 .01 0zm0 1.8a3.2 3.2 0 1 1-.01 0z",
};

export const Mark = ({ level }) => html`<svg class=${`mark is-${level}`} viewBox="0 0 12 12" aria-hidden="true" focusable="false">
  <path d=${SHAPES[level] ?? SHAPES.off} /></svg>`;

export const State = ({ level, word, title }) => html`<span class=${classes("state", `is-${level}`)} title=${title}>
  <${Mark} level=${level} /><span class="word">${word}</span></span>`;

export const Tag = ({ level = "off", title, children }) =>
  html`<span class=${`tag is-${level}`} title=${title}>${children}</span>`;

const RADIUS = 7, ROUND = 2 * Math.PI * RADIUS;
const WORDS = { ok: "up", warn: "going down", drain: "draining", maint: "in maintenance", bad: "down", off: "not in HAProxy" };

export const Donut = memo(({ health }) => {
  const { segments, up, total } = health;
  let at = 0;
  const arcs = segments.map(([level, n]) => {
    const length = (n / total) * ROUND, gap = segments.length > 1 ? 1 : 0;
    const arc = html`<circle class=${`arc is-${level}`} cx="10" cy="10" r=${RADIUS}
      stroke-dasharray=${`${Math.max(length - gap, 0.5)} ${ROUND}`} stroke-dashoffset=${-at} />`;
    at += length;
    return arc;
  });
  const told = total ? segments.map(([level, n]) => `${n} ${WORDS[level]}`).join(", ") : "no members";
  return html`<span class="donut" role="img" aria-label=${`${up} of ${total} members up: ${told}`} title=${told}>
    <svg viewBox="0 0 20 20" aria-hidden="true"><circle class="ring" cx="10" cy="10" r=${RADIUS} />${arcs}</svg>
    <span class="figure">${up}<span class="of">/${total}</span></span></span>`;
});

const WIDE = 120, HIGH = 24;

function points(values, top) {
  const step = WIDE / Math.max(values.length - 1, 1);
  return values.map((value, i) => `${(i * step).toFixed(1)},${(HIGH - 1 - (value / top) * (HIGH - 3)).toFixed(1)}`);
}

// Requests (or sessions) per second, errors below them; a picture only: its figures stand beside it.
export function Spark({ series, column }) {
  const values = series?.[column].slice(-90) ?? [];
  if (values.length < 2) return html`<svg class="spark" viewBox=${`0 0 ${WIDE} ${HIGH}`} aria-hidden="true" />`;
  const top = Math.max(...values, 1e-9), errors = series.errors.slice(-90);
  const line = points(values, top).join(" ");
  return html`<svg class="spark" viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
    <polygon class="area" points=${`0,${HIGH} ${line} ${WIDE},${HIGH}`} />
    <polyline class="line" points=${line} />
    ${errors.some((n) => n > 0) && html`<polyline class="errors" points=${points(errors, top).join(" ")} />`}</svg>`;
}
