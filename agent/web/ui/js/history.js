// SPDX-License-Identifier: Apache-2.0
// The chart of a proxy: the last minutes as they come, or a day of whole minutes.
import { html, useState } from "./lib.js";
import { useApp, useLoaded, useTopics } from "./hooks.js";
import { history } from "./api.js";
import { ofMinutes } from "./series.js";
import { Chart } from "./chart.js";

const MINUTE_MS = 60000;

export function History({ id, title, column }) {
  const { state } = useApp();
  const [range, setRange] = useState("now");
  useTopics(id);
  return html`<div class="history">
    <div class="choice" role="group" aria-label="Time shown">
      ${[["now", "5 min"], ["day", "24 h"]].map(([name, word]) => html`<button type="button" aria-pressed=${range === name} onClick=${() => setRange(name)}>${word}</button>`)}
    </div>
    ${range === "now" ? html`<${Chart} series=${state.series.get(id)} column=${column} title=${title} />`
      : html`<${Day} id=${id} column=${column} title=${title} />`}
  </div>`;
}

function Day({ id, title, column }) {
  const { data, error } = useLoaded(() => history(id, { limit: 1 }), MINUTE_MS, [id]);
  if (error) return html`<p class="empty">${error.message}</p>`;
  if (!data) return html`<p class="empty" aria-busy="true">asking the agent</p>`;
  if (!data.minutes?.length) return html`<p class="empty">No whole minute is known yet</p>`;
  return html`<${Chart} series=${ofMinutes(data.minutes)} column=${column} title=${title} />`;
}
