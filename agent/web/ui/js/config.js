// SPDX-License-Identifier: Apache-2.0
// The configuration last written, with its sections to jump to.
import { html, useMemo } from "./lib.js";
import { useApp, useLoaded, useTopics } from "./hooks.js";
import { getText } from "./api.js";
import { plural } from "./format.js";
import { Failure } from "./confirm.js";
import { Code } from "./code.js";
import { linesWith } from "./lines.js";

const EACH_MS = 15000;

export function Config({ search, setSearch }) {
  const { state } = useApp();
  useTopics("status");
  const { data, error } = useLoaded(() => getText("/haproxy/config"), EACH_MS,
    [state.snapshots, state.status?.generation.applied, state.status?.reloads.count]);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = typeof data === "string" ? data : "";
  const hits = useMemo(() => linesWith(text, words), [text, search]);
  return html`<h1 class="sr-only">Configuration</h1>
    <div class="tools">
      <input type="search" aria-label="Find lines" placeholder="Find lines" value=${search} onInput=${(e) => setSearch(e.currentTarget.value)} />
      <span role="status">${hits ? plural(hits.length, "line") : text && plural(text.split("\n").length - 1, "line")}</span>
    </div>
    ${error && html`<${Failure} error=${error} />`}
    ${!data && !error && html`<p class="empty" aria-busy="true">asking the agent</p>`}
    ${text && !hits && html`<${Code} text=${text} label="Configuration of HAProxy" />`}
    ${hits?.length > 0 && html`<${Code} text=${hits.map(([no, line]) => `${String(no).padStart(6)}  ${line}`).join("\n")} label="Lines found" diff />`}
    ${hits?.length === 0 && html`<p class="empty">No line fits</p>`}`;
}
