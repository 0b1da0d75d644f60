// SPDX-License-Identifier: Apache-2.0
// What is pending, whether it would reload and why; what became of the last reloads.
import { html } from "./lib.js";
import { useApp, useLoaded, useNow, useTopics } from "./hooks.js";
import { get } from "./api.js";
import { ago, moment, plural } from "./format.js";
import { State } from "./marks.js";
import { Failure, verdictOf } from "./confirm.js";
import { Code } from "./code.js";

const EACH_MS = 10000;

export function PlanPage() {
  const { state } = useApp();
  useTopics("status");
  const { status } = state, generation = status?.generation;
  const { data: plan, error, busy, again } = useLoaded(() => get("/plan"), EACH_MS, [state.snapshots, generation?.desired, generation?.applied]);
  return html`<h1 class="sr-only">Plan</h1>
    <div class="columns even">
      <section aria-labelledby="plan"><h2 id="plan">Plan <button type="button" class="quiet" aria-busy=${busy} onClick=${again}>Ask again</button></h2>
        ${error && html`<${Failure} error=${error} />`}
        ${!plan && !error && html`<p class="empty" aria-busy="true">asking the agent</p>`}
        ${plan && html`<${Verdict} plan=${plan} />`}
        <${Pending} status=${status} />
      </section>
      <${Reloads} status=${status} />
    </div>
    ${plan?.diff && html`<section aria-labelledby="diff"><h2 id="diff">Configuration file: written, and planned</h2>
      ${plan.verdict !== "reload" && html`<p class="what">HAProxy runs the planned one already, or gets there by commands; the file follows.</p>`}
      <${Code} text=${plan.diff} diff label="Difference of the configuration" /></section>`}`;
}

function Verdict({ plan }) {
  const { level, word } = verdictOf(plan);
  return html`<p class="verdict"><${State} level=${level === "off" ? "ok" : level} word=${word} />
      ${plan.operations.length > 0 && html`<span>${plural(plan.operations.length, "command")} to the running HAProxy</span>`}</p>
    ${plan.reasons.length > 0 && html`<table class="tight"><thead><tr><th scope="col">Object</th><th scope="col">Field</th><th scope="col">Why</th></tr></thead>
      <tbody>${plan.reasons.map((one) => html`<tr><th scope="row">${one.object}</th><td>${one.field}</td><td>${one.why}</td></tr>`)}</tbody></table>`}
    ${plan.operations.length > 0 && html`<${Code} text=${plan.operations.join("\n")} label="Commands" />`}`;
}

function Pending({ status }) {
  if (!status) return null;
  const { desired, applied } = status.generation;
  return html`<h3>Pending</h3>
    <p>Generation ${desired} is wanted, ${applied} is what HAProxy runs.</p>
    ${status.pending.length === 0 ? html`<p class="what">Nothing waits.</p>` : html`<ul>${status.pending.map((one) => html`<li><code>${one}</code></li>`)}</ul>`}
    ${status.failed.length > 0 && html`<h3>Set aside</h3>${status.failed.map((one) => html`<div class="failure is-bad"><strong>${one.object}</strong>
      <div>${one.error}</div>${one.detail && html`<pre tabindex="0">${one.detail}</pre>`}</div>`)}`}`;
}

function Reloads({ status }) {
  const now = useNow(1000);
  const reloads = status?.reloads;
  if (!reloads) return html`<section></section>`;
  return html`<section aria-labelledby="reloads"><h2 id="reloads">Reloads <span class="of">${reloads.count}</span></h2>
    <h3><${State} level=${reloads.last ? "ok" : "off"} word="Last good" /></h3>
    ${reloads.last ? html`<p>${moment(reloads.last)} (${ago(reloads.last, now)}): ${reloads.reason}</p>`
      : html`<p class="what">None since the agent looks after this HAProxy.</p>`}
    <h3><${State} level=${reloads.lastError ? "bad" : "ok"} word="Last failed" /></h3>
    ${reloads.lastError ? html`<div class="failure is-bad"><strong>${reloads.lastError}</strong>${reloads.lastDetail && html`<pre tabindex="0">${reloads.lastDetail}</pre>`}</div>`
      : html`<p class="what">None.</p>`}
    ${reloads.waits && html`<p class="is-warn">A reload waits: ${reloads.waits}</p>`}
    <${Workers} haproxy=${status.haproxy} /></section>`;
}

function Workers({ haproxy }) {
  const old = haproxy?.oldWorkers ?? [];
  const can = Object.entries(haproxy?.capabilities ?? {}).filter(([, value]) => value === true).map(([name]) => name.replaceAll("_", " "));
  return html`<h3>HAProxy ${haproxy.version ?? ""}</h3>
    <p>Process ${haproxy.pid || "unknown"}, ${haproxy.state}${old.length > 0 && `; ${plural(old.length, "old worker")} with connections`}</p>
    ${can.length > 0 && html`<p class="what">Can: ${can.join(", ")}</p>`}`;
}
