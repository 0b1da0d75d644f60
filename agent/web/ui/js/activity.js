// SPDX-License-Identifier: Apache-2.0
// What happened, newest first, as it happens; by whom and why.
import { html, memo, useEffect, useMemo, useRef, useState } from "./lib.js";
import { useApp, useTopics } from "./hooks.js";
import { activity } from "./api.js";
import { useWindow } from "./window.js";
import { entryLevel, fits, isNewDay, merged } from "./entries.js";
import { clock, day, plural } from "./format.js";
import { Mark } from "./marks.js";
import { Failure } from "./confirm.js";

const ESTIMATE_PX = 30, ASKED = 1000, SETTLE_MS = 250;
const READY_FILTERS = ["switch", "drained", "held", "offline", "haproxyConfigChanged", "failed"];

export function Activity({ search, setSearch }) {
  const { state } = useApp();
  useTopics("activity");
  const [older, setOlder] = useState({ filter: null, entries: [] });
  const [error, setError] = useState(null);
  const [frozen, setFrozen] = useState(null); // the newest seq shown while paused
  const filter = search.trim();

  useEffect(() => {
    let mine = true;
    const timer = setTimeout(() => activity({ limit: ASKED, filter }).then(
      (entries) => mine && (setOlder({ filter, entries }), setError(null)), (failed) => mine && setError(failed)), SETTLE_MS);
    return () => {
      mine = false;
      clearTimeout(timer);
    };
  }, [filter, state.snapshots]);

  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const base = older.filter === filter ? older.entries : [];
  const all = useMemo(() => merged(base, state.activity.filter((one) => fits(one, words))), [base, state.activity[0]?.seq, filter]);
  const shown = frozen === null ? all : all.filter((one) => one.seq <= frozen);
  const hidden = all.length - shown.length;

  return html`<h1 class="sr-only">Activity</h1>
    <div class="tools">
      <input type="search" aria-label="Filter the activity" placeholder="Filter: words in event, object, actor, reason" value=${search} onInput=${(e) => setSearch(e.currentTarget.value)} />
      <div class="choice" role="group" aria-label="Ready filters">${READY_FILTERS.map((word) => html`<button type="button" aria-pressed=${filter === word}
        onClick=${() => setSearch(filter === word ? "" : word)}>${word}</button>`)}</div>
      <button type="button" class="quiet" aria-pressed=${frozen !== null} onClick=${() => setFrozen(frozen === null ? all[0]?.seq ?? 0 : null)}>
        ${frozen === null ? "Pause" : `Go on${hidden ? `, ${hidden} new` : ""}`}</button>
    </div>
    ${error && html`<${Failure} error=${error} />`}
    <${List} entries=${shown} />`;
}

function List({ entries }) {
  const body = useRef(null);
  const keys = useMemo(() => entries.map((one) => String(one.seq)), [entries.length, entries[0]?.seq, entries.at(-1)?.seq]);
  const range = useWindow({ keys, estimate: ESTIMATE_PX, body });
  if (entries.length === 0) return html`<p class="empty">Nothing that fits has happened</p>`;
  return html`<p class="sr-only" role="status">${plural(entries.length, "entry", "entries")}</p>
    <ol class="log" role="list" ref=${body} aria-label="Activity, newest first" style=${{ paddingTop: `${range.before}px`, paddingBottom: `${range.after}px` }}>
      ${entries.slice(range.from, range.to).map((entry, i) => html`<${Entry} key=${entry.seq} entry=${entry}
        date=${isNewDay(entries, range.from + i) ? day(entry.time) : null} />`)}
    </ol>`;
}

const told = (object) => (object ? JSON.stringify(object, null, 1) : "nothing");

const Entry = memo(({ entry, date }) => html`<li data-key=${entry.seq} data-seq=${entry.seq}>
  ${date && html`<div class="date">${date}</div>`}
  <div class="entry">
    <time datetime=${new Date(entry.time).toISOString()}>${clock(entry.time)}</time>
    <span class=${`verb is-${entryLevel(entry)}`}><${Mark} level=${entryLevel(entry)} />${entry.verb}</span>
    <span class="object">${entry.object}</span>
    <div class="reason">${entry.reason}${(entry.before || entry.after) && html`<details><summary>Before and after</summary><pre tabindex="0">${told(entry.before)}
→ ${told(entry.after)}</pre></details>`}</div>
    <span class="actor">${entry.actor}${entry.generation ? html` <span class="of">#${entry.generation}</span>` : ""}</span>
  </div></li>`);
