// SPDX-License-Identifier: Apache-2.0
// What runs: figures of all, frontends, backends.
import { html, useMemo, useRef } from "./lib.js";
import { useApp, useKept, useStats, useTopics } from "./hooks.js";
import { useWindow } from "./window.js";
import { backendHealth, frontendState, isProblem, memberId } from "./health.js";
import { errorsNow } from "./series.js";
import { bytesRate, count } from "./format.js";
import { Mark } from "./marks.js";
import { FrontendRow } from "./frontend.js";
import { BackendRow } from "./backend.js";

const ESTIMATE_PX = 41;

export function Overview({ search, setSearch }) {
  const { state } = useApp();
  useTopics("frontends:names", "backends", "splits", "policies");
  useStats("stat/frontend/*", "stat/backend/*");
  const [only, setOnly] = useKept("problems", "");
  if (!state.synced) return html`<p class="empty" aria-busy="true">waiting for the agent</p>`;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const backends = pick(state.backends, words, only === "yes", backendText, (one) => backendHealth(one).level);
  const frontends = pick(state.frontends, words, only === "yes", frontendText,
    (one) => frontendState(state.stats.get(`stat/frontend/${one.key}`), state.status).level);
  return html`
    <${Figures} />
    <div class="tools">
      <input type="search" aria-label="Find backends, frontends, services, members" placeholder="Find name, service, version, address"
        value=${search} onInput=${(e) => setSearch(e.currentTarget.value)} />
      <label class="line"><input type="checkbox" role="switch" checked=${only === "yes"}
        onChange=${(e) => setOnly(e.currentTarget.checked ? "yes" : "")} /> Problems only</label>
    </div>
    <${Section} title="Frontends" kind="frontend" found=${frontends} all=${state.frontends.size} heads=${FRONTEND_HEADS} row=${FrontendRow} />
    <${Section} title="Backends" kind="backend" found=${backends} all=${state.backends.size} heads=${BACKEND_HEADS} row=${BackendRow} />`;
}

const FRONTEND_HEADS = ["State", "Frontend", "Leads to", "sessions", "req/s", "5xx/s", "in", "out", ""];
const BACKEND_HEADS = ["State", "Backend", "Members", "sessions", "req/s", "5xx/s", "response", "queue", ""];

const backendText = (one) =>
  [one.key, one.name, one.version, one.mode, one.balance, ...(one.members ?? []).flatMap((member) => [memberId(member), member.meta?.hostname])];
const frontendText = (one) => [one.key, one.bind, one.backend, one.mode, ...(one.rules ?? []).map((rule) => rule.backend)];

const texts = new WeakMap(); // of what can be searched; objects are replaced when they change

function textOf(object, read) {
  if (!texts.has(object)) texts.set(object, read(object).filter(Boolean).join(" ").toLowerCase());
  return texts.get(object);
}

function pick(map, words, problemsOnly, read, levelOf) {
  const found = [...map.values()].filter((one) =>
    (!problemsOnly || isProblem(levelOf(one))) && words.every((word) => textOf(one, read).includes(word)));
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function Section({ title, kind, found, all, heads, row }) {
  const body = useRef(null);
  const keys = useMemo(() => found.map((one) => one.key), [found.map((one) => one.key).join("\n")]);
  const range = useWindow({ keys, estimate: ESTIMATE_PX, body });
  const shown = found.slice(range.from, range.to);
  const id = `${kind}s`;
  return html`<section class=${`rows ${kind}s`} aria-labelledby=${id}>
    <h2 id=${id}>${title} <span class="of">${found.length === all ? all : `${found.length} of ${all}`}</span></h2>
    <div class="heads" aria-hidden="true">${heads.map((head) => html`<span>${head}</span>`)}</div>
    ${found.length === 0 && html`<p class="empty">${all === 0 ? `No ${kind}s yet: PUT /${kind}s/NAME makes one` : "Nothing fits"}</p>`}
    <ul ref=${body} role="list" style=${{ paddingTop: `${range.before}px`, paddingBottom: `${range.after}px` }}>
      ${shown.map((one, i) => html`<li key=${one.key} data-key=${one.key} aria-setsize=${found.length} aria-posinset=${range.from + i + 1}>
        <${row} name=${one.key} /></li>`)}
    </ul>
  </section>`;
}

function sums(state) {
  const all = { requests: 0, errors: 0, current: 0, bytesIn: 0, bytesOut: 0 };
  for (const name of state.frontends.keys()) {
    const stat = state.stats.get(`stat/frontend/${name}`);
    if (!stat) continue;
    all.requests += (stat.rate?.requests || 0);
    all.bytesIn += stat.rate?.bytesIn ?? 0;
    all.bytesOut += stat.rate?.bytesOut ?? 0;
    all.current += stat.connections?.current ?? 0;
    all.errors += errorsNow(state.series.get(`stat/frontend/${name}`));
  }
  return all;
}

function levels(state) {
  const backends = { ok: 0, warn: 0, bad: 0, off: 0 }, members = { up: 0, total: 0, drain: 0, maint: 0, bad: 0 };
  for (const backend of state.backends.values()) {
    const { level, up, total, counts } = backendHealth(backend);
    backends[level]++;
    members.up += up;
    members.total += total;
    for (const name of ["drain", "maint", "bad"]) members[name] += counts[name];
  }
  return { backends, members };
}

function Figures() {
  const { state } = useApp();
  useTopics("stats", "backends", "frontends");
  const { backends, members } = levels(state), all = sums(state);
  const part = (level, n, word) => n > 0 && html`<span class=${`part is-${level}`}><${Mark} level=${level} />${n} ${word}</span>`;
  return html`<dl class="figures">
    <div class="wide"><dt>Backends</dt><dd>${part("bad", backends.bad, "down")}${part("warn", backends.warn, "degraded")}
      ${part("off", backends.off, "unknown")}${part("ok", backends.ok, "up")}${state.backends.size === 0 && "none"}</dd></div>
    <div class="wide"><dt>Members</dt><dd><span class="part"><b>${members.up}</b><span class="of">/${members.total} up</span></span>
      ${part("bad", members.bad, "down")}${part("drain", members.drain, "draining")}${part("maint", members.maint, "maint")}</dd></div>
    <div><dt>Requests/s</dt><dd><b>${count(all.requests)}</b></dd></div>
    <div><dt>5xx/s</dt><dd class=${all.errors > 0 && "is-bad"}><b>${count(all.errors)}</b></dd></div>
    <div><dt>Sessions</dt><dd><b>${count(all.current)}</b></dd></div>
    <div><dt>In</dt><dd><b>${bytesRate(all.bytesIn)}</b></dd></div>
    <div><dt>Out</dt><dd><b>${bytesRate(all.bytesOut)}</b></dd></div>
  </dl>`;
}

