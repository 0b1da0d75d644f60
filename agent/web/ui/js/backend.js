// SPDX-License-Identifier: Apache-2.0
// A backend: one row of state and figures; behind it its members and what can be done.
import { html, memo } from "./lib.js";
import { useApp, useNow, useOpen, useTopics } from "./hooks.js";
import { backendHealth, hasPanic, heldOf, switchOf } from "./health.js";
import { errorsNow } from "./series.js";
import { count, milliseconds, plural, share } from "./format.js";
import { Donut, Spark, State, Tag } from "./marks.js";
import { Cell, Toggle } from "./cells.js";
import { usePast } from "./past.js";
import { BackendPanel } from "./backend_panel.js";
import { Progress, VersionMenu } from "./version.js";

export const BackendRow = memo(({ name }) => {
  const { state } = useApp();
  const id = `stat/backend/${name}`;
  useTopics(`backend/${name}`, `split/${name}`, id, "status");
  usePast(id);
  const [open, setOpen] = useOpen(`backend/${name}`);
  const backend = state.backends.get(name);
  if (!backend) return null;
  const stat = state.stats.get(id), series = state.series.get(id);
  const health = backendHealth(backend);
  const down = state.status?.haproxy?.state === "down";
  const errors = errorsNow(series), tcp = backend.mode === "tcp";
  return html`<article class=${`row at-${down ? "off" : health.level}`}>
    <div class="head">
      <${State} level=${down ? "off" : health.level} word=${down ? "unknown" : health.word} />
      <div class="who"><${Toggle} open=${open} onToggle=${setOpen} controls=${`b-${name}`}>${name}</${Toggle}>
        ${backend.type === "dynamic" ? html`<${VersionMenu} backend=${backend} />` : html`<span class="what">static</span>`}
        <${Tags} backend=${backend} /></div>
      <${Donut} health=${health} />
      <${Cell} label="sessions">${count(stat?.connections?.current)}</${Cell}>
      <${Cell} label=${tcp ? "sess/s" : "req/s"}>${count(tcp ? stat?.rate?.sessions : stat?.rate?.requests)}</${Cell}>
      <${Cell} label="5xx/s" level=${errors > 0 && "bad"}>${stat ? count(errors) : "–"}</${Cell}>
      <${Cell} label="response">${milliseconds(stat?.times?.response)}</${Cell}>
      <${Cell} label="queue" level=${stat?.queue?.current > 0 && "warn"}>${count(stat?.queue?.current)}</${Cell}>
      <${Spark} series=${series} column=${tcp ? "sessions" : "requests"} />
    </div>
    <${Switching} name=${name} />
    ${open && html`<div class="panel" id=${`b-${name}`}><${BackendPanel} backend=${backend} stat=${stat} /></div>`}
  </article>`;
});

function Tags({ backend }) {
  const { state } = useApp(), { status } = state;
  const held = heldOf(status, backend.key), split = state.splits.get(backend.key);
  const words = status?.overrides?.filter((one) => one.backend === backend.key).length ?? 0;
  return html`${backend.mode === "tcp" && html`<${Tag}>tcp</${Tag}>`}
    ${held && html`<${Tag} level="warn" title=${held.reason}>${held.members} held</${Tag}>`}
    ${hasPanic(status, backend.key) && html`<${Tag} level="bad" title="no member is healthy; all that are not in maintenance serve">panic</${Tag}>`}
    ${split && html`<${Tag} level="drain" title="a share of the traffic goes elsewhere">${split.targets.filter((one) => one.backend !== backend.key).map((one) => `${share(one.weight)} to ${one.backend}`)}</${Tag}>`}
    ${words > 0 && html`<${Tag} level="maint" title="members for which an operator's word counts">${plural(words, "override")}</${Tag}>`}`;
}

function Switching({ name }) {
  const { state } = useApp();
  const any = state.status?.switches?.some((one) => one.backend === name);
  return any ? html`<${Shown} name=${name} />` : null;
}

function Shown({ name }) {
  const { state } = useApp();
  const now = useNow(1000);
  const found = switchOf(state.status, name, now);
  return found && html`<${Progress} found=${found} now=${now} />`;
}
