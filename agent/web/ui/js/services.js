// SPDX-License-Identifier: Apache-2.0
// What the registry knows: services, their versions, who follows them, what is held and why.
import { classes, html } from "./lib.js";
import { useApp, useLoaded, useNow, useTopics } from "./hooks.js";
import { get } from "./api.js";
import { ago, moment, plural } from "./format.js";
import { Mark, State } from "./marks.js";
import { Failure } from "./confirm.js";
import { acceptQuestion } from "./backend_panel.js";
import { levelOf } from "./version.js";
import { memberId, memberState } from "./health.js";

const EACH_MS = 5000;
const REGISTRY_LEVELS = { ok: "ok", holding: "warn", down: "bad" };

export function Services({ search, setSearch }) {
  const { state } = useApp();
  useTopics("status", "backends");
  const { data, error } = useLoaded(() => get("/services"), EACH_MS, [state.snapshots]);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = Object.values(data ?? {}).filter((one) => {
    const text = [one.name, ...one.versions.map((v) => v.version)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return html`<h1 class="sr-only">Services</h1>
    <${Registry} status=${state.status} />
    <div class="tools"><input type="search" aria-label="Find services" placeholder="Find service or version"
      value=${search} onInput=${(e) => setSearch(e.currentTarget.value)} /></div>
    ${error && html`<${Failure} error=${error} />`}
    ${!data && !error && html`<p class="empty" aria-busy="true">asking the registry</p>`}
    ${data && found.length === 0 && html`<p class="empty">${Object.keys(data).length ? "Nothing fits" : "The registry lists no service that is looked at"}</p>`}
    <div class="services">${found.map((one) => html`<${Service} key=${one.name} service=${one} backends=${state.backends} />`)}</div>`;
}

function Registry({ status }) {
  const { ask } = useApp();
  const now = useNow(1000);
  const registry = status?.registry;
  if (!registry) return null;
  return html`<section class="registry" aria-labelledby="registry">
    <h2 id="registry">Registry</h2>
    <p><${State} level=${REGISTRY_LEVELS[registry.state] ?? "off"} word=${registry.state} /> since ${moment(registry.since)} (${ago(registry.since, now)})
      ${registry.lastError && html`<span class="what">; last error: ${registry.lastError}</span>`}</p>
    ${registry.held.map((held) => html`<div class="notice is-warn" key=${held.backend}><${Mark} level="warn" />
      <div><b>${held.backend}: ${plural(held.members, "member")} held</b> since ${moment(held.since)}: ${held.reason}</div>
      <button type="button" onClick=${() => ask(acceptQuestion(held))} aria-label=${`Accept the loss of ${held.backend}`}>Accept the loss</button></div>`)}
    ${registry.panic.map((name) => html`<div class="notice is-bad" key=${name}><${Mark} level="bad" />
      <div><b>${name}: no member is healthy</b>; all that are not in maintenance serve</div></div>`)}
  </section>`;
}

function followers(backends, service, version) {
  return [...backends.values()].filter((one) => one.type === "dynamic" && one.name === service && one.version === version);
}

function Service({ service, backends }) {
  return html`<section class="service" aria-labelledby=${`s-${service.name}`}>
    <h3 id=${`s-${service.name}`}>${service.name}</h3>
    <table class="tight"><thead><tr>${["Version", "Instances", "Passing", "Warning", "Critical", "Maint", "Followed by"].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody>${service.versions.map((one) => html`<${Version} key=${one.version} one=${one} by=${followers(backends, service.name, one.version)} />`)}</tbody></table>
  </section>`;
}

function Version({ one, by }) {
  const { go } = useApp();
  const n = (name, value, level) => html`<td class=${classes("n", value > 0 && level && `is-${level}`, value === 0 && "none")}><span class="k">${name}</span> ${value}</td>`;
  return html`<tr><th scope="row"><${Mark} level=${levelOf(one)} /> ${one.version || "(no version)"}</th>
    ${n("instances", one.instances)}${n("passing", one.passing)}${n("warning", one.warning, "warn")}${n("critical", one.critical, "bad")}${n("maint", one.maintenance, "maint")}
    <td class="by"><span class="k">followed by</span> ${by.length === 0 ? html`<span class="what">nobody</span>` : by.map((backend) => html`<details class="followers"><summary>${backend.key}</summary>
      <ul class="plain">${backend.members.map((member) => html`<li><${State} ...${memberState(member)} /> <code>${memberId(member)}</code> <span class="what">${member.held ? "held" : member.health}</span></li>`)}</ul>
      <a href=${`/overview?find=${encodeURIComponent(backend.key)}`} onClick=${go}>Show the backend</a></details>`)}</td></tr>`;
}
