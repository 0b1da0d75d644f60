// SPDX-License-Identifier: Apache-2.0
// A frontend: one row of figures; behind it where it listens and what it does with which request.
import { html, memo } from "./lib.js";
import { useApp, useOpen, useTopics } from "./hooks.js";
import { frontendState } from "./health.js";
import { errorsNow } from "./series.js";
import { bytesRate, count, plural } from "./format.js";
import { Spark, State, Tag } from "./marks.js";
import { History } from "./history.js";
import { usePast } from "./past.js";
import { Cell, Toggle } from "./cells.js";
import { binds } from "./lines.js";

export const FrontendRow = memo(({ name }) => {
  const { state } = useApp();
  const id = `stat/frontend/${name}`;
  useTopics(`frontend/${name}`, id, "status");
  usePast(id);
  const [open, setOpen] = useOpen(`frontend/${name}`);
  const frontend = state.frontends.get(name);
  if (!frontend) return null;
  const stat = state.stats.get(id), series = state.series.get(id);
  const { level, word } = frontendState(stat, state.status);
  const errors = errorsNow(series);
  const tcp = frontend.mode === "tcp";
  const more = [
    frontend.rules.length > 0 && plural(frontend.rules.length, "rule"),
    frontend.natives.length > 0 && plural(frontend.natives.length, "native"),
  ].filter(Boolean).join(", ");
  return html`<article class=${`row at-${level}`}>
    <div class="head">
      <${State} level=${level} word=${word} />
      <div class="who"><${Toggle} open=${open} onToggle=${setOpen} controls=${`f-${name}`}>${name}</${Toggle}>
        <span class="what">${frontend.bind}</span>${tcp && html`<${Tag}>tcp</${Tag}>`}</div>
      <div class="lead"><span class="target">${frontend.backend}</span>${more && html` <span class="what">${more}</span>`}</div>
      <${Cell} label="sessions">${count(stat?.connections?.current)}</${Cell}>
      <${Cell} label=${tcp ? "sess/s" : "req/s"}>${count(tcp ? stat?.rate?.sessions : stat?.rate?.requests)}</${Cell}>
      <${Cell} label="5xx/s" level=${errors > 0 && "bad"}>${stat ? count(errors) : "–"}</${Cell}>
      <${Cell} label="in">${bytesRate(stat?.rate?.bytesIn)}</${Cell}>
      <${Cell} label="out">${bytesRate(stat?.rate?.bytesOut)}</${Cell}>
      <${Spark} series=${series} column=${tcp ? "sessions" : "requests"} />
    </div>
    ${open && html`<div class="panel" id=${`f-${name}`}><${Details} frontend=${frontend} stat=${stat} /></div>`}
  </article>`;
});

function Details({ frontend, stat }) {
  const { state } = useApp();
  const policies = [...state.policies.values()].filter((one) => one.frontend === frontend.key)
    .sort((a, b) => a.priority - b.priority || (a.key < b.key ? -1 : 1));
  return html`<div class="columns">
    <div>
      <h3>Binds</h3>
      <ul class="plain">${binds(frontend.bind).map((one) => html`<li><code>${one}</code></li>`)}</ul>
      <${Routes} frontend=${frontend} policies=${policies} />
      ${frontend.natives.length > 0 && html`<h3>Natives</h3><pre tabindex="0">${frontend.natives.join("\n")}</pre>`}
      <dl class="facts">
        <div><dt>Mode</dt><dd>${frontend.mode}</dd></div><div><dt>Keepalive</dt><dd>${frontend.keepalive}</dd></div>
        <div><dt>Connections</dt><dd>${count(stat?.connections?.current)} now, ${count(stat?.connections?.max)} at most${stat?.connections?.limit ? `, limit ${count(stat.connections.limit)}` : ""}</dd></div>
        <div><dt>Requests</dt><dd>${count(stat?.requests)} in all</dd></div>
        <div><dt>Refused</dt><dd>${count(stat?.errors?.denied)} denied, ${count(stat?.errors?.request)} bad</dd></div>
      </dl>
    </div>
    <${History} id=${`stat/frontend/${frontend.key}`} title=${`Frontend ${frontend.key}`} column=${frontend.mode === "tcp" ? "sessions" : "requests"} />
  </div>`;
}

function Routes({ frontend, policies }) {
  return html`<h3>Where a request goes, the first that fits</h3>
    <table class="tight routes"><thead><tr><th scope="col">#</th><th scope="col">If</th><th scope="col">Backend</th></tr></thead><tbody>
      ${policies.map((one) => html`<tr><td>${one.priority}</td><td>policy <code>${one.key}</code>${one.enabled === false && " (off)"}</td>
        <td>${one.action?.backend ?? "–"}</td></tr>`)}
      ${frontend.rules.map((rule, i) => html`<tr><td>${i + 1}</td>
        <td>${rule.header ? `${rule.type} ${rule.header}` : rule.type} <span class="what">${rule.operation}</span> <code>${rule.value}</code></td><td>${rule.backend}</td></tr>`)}
      <tr><td></td><td>anything else</td><td>${frontend.backend}</td></tr>
    </tbody></table>`;
}
