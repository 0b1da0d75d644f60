// SPDX-License-Identifier: Apache-2.0
// Long texts line by line, of which only what is seen is drawn: the configuration, a diff.
import { classes, html, useMemo, useRef } from "./lib.js";
import { useWindow } from "./window.js";
import { diffKind } from "./lines.js";

const LINE_PX = 18;

const HEARD = { added: "added: ", removed: "removed: " };

export function Code({ text, label, diff, marks }) {
  const lines = useMemo(() => text.replace(/\n$/, "").split("\n"), [text]);
  const keys = useMemo(() => lines.map((_, i) => String(i)), [lines]);
  const box = useRef(null), body = useRef(null);
  const range = useWindow({ keys, estimate: LINE_PX, body, scroller: box });
  return html`<div class="code" ref=${box} tabindex="0" role="region" aria-label=${label}>
    <div class="lines" ref=${body} style=${{ paddingTop: `${range.before}px`, paddingBottom: `${range.after}px` }}>
      ${lines.slice(range.from, range.to).map((line, i) => {
        const at = range.from + i, kind = diff ? diffKind(line) : "";
        return html`<div key=${at} data-key=${at} class=${classes("line", kind && `d-${kind}`, marks?.has(at) && "hit")}>
          ${!diff && html`<span class="no" aria-hidden="true">${at + 1}</span>`}${HEARD[kind] && html`<span class="sr-only">${HEARD[kind]}</span>`}<span class="text">${line || " "}</span></div>`;
      })}
    </div></div>`;
}
