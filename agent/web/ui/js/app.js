// SPDX-License-Identifier: Apache-2.0
// The frame: header, what must be known first, the page, the dialog, what was done.
import { html, useCallback, useEffect, useMemo, useRef, useState } from "./lib.js";
import { App, useApp, useTopics } from "./hooks.js";
import { problems } from "./health.js";
import { PAGES } from "./pages.js";
import { useRoute } from "./router.js";
import { Mark } from "./marks.js";
import { Header, Lost } from "./header.js";
import { Confirm } from "./confirm.js";
import { acceptQuestion } from "./backend_panel.js";
import { Overview } from "./overview.js";
import { Activity } from "./activity.js";
import { Services } from "./services.js";
import { PlanPage } from "./plan.js";
import { Config } from "./config.js";

const VIEWS = { overview: Overview, activity: Activity, services: Services, plan: PlanPage, config: Config };
const SAID_MS = 6000, SHOWN_PROBLEMS = 6;

export function Frame({ state, live, stream }) {
  const route = useRoute();
  const [question, setQuestion] = useState(null);
  const [said, setSaid] = useState(null);
  const number = useRef(0);
  const ask = useCallback((next) => setQuestion({ ...next, number: ++number.current }), []);
  const say = useCallback((text) => setSaid({ text, number: ++number.current }), []);
  const app = useMemo(() => ({ state, live, stream, ask, say, go: route.go }), [state, live, stream]);

  useEffect(() => {
    const timer = said && setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const View = VIEWS[route.page];
  return html`<${App.Provider} value=${app}>
    <${Title} page=${route.page} />
    <${Header} page=${route.page} />
    <${Lost} />
    <${Problems} />
    <main id="main" tabindex="-1">${View ? html`<${View} key=${route.page} search=${route.search} setSearch=${route.setSearch} />` : html`<p class="empty">No such page</p>`}</main>
    <div class="said" role="status" aria-live="polite">${said && html`<p key=${said.number}>${said.text}</p>`}</div>
    ${question && html`<${Confirm} key=${question.number} question=${question} onClose=${() => setQuestion(null)} say=${say} />`}
  </${App.Provider}>`;
}

// The tab tells how many things are wrong.
function Title({ page }) {
  const { state, stream } = useApp();
  useTopics("status", "connection");
  const n = problems(state.status).length;
  const word = PAGES.find(([name]) => name === page)?.[1] ?? "No such page";
  useEffect(() => {
    document.title = `${stream.phase.name === "lost" ? "✖ " : n ? `(${n}) ` : ""}${word} – Thalassa`;
  }, [n, word, stream.phase.name]);
  return null;
}

function Problems() {
  const { state, ask, go } = useApp();
  useTopics("status");
  const [all, setAll] = useState(false);
  const found = problems(state.status);
  if (found.length === 0) return null;
  const shown = all ? found : found.slice(0, SHOWN_PROBLEMS);
  return html`<section class="problems" aria-label="Problems" aria-live="polite">
    ${shown.map((one) => html`<div class=${`notice is-${one.level}`} key=${`${one.title} ${one.text}`}><${Mark} level=${one.level} />
      <div><b>${one.title}</b> <span>${one.text}</span>${one.detail && html`<details><summary>HAProxy's words</summary><pre tabindex="0">${one.detail}</pre></details>`}</div>
      ${one.backend && html`<a class="show" href=${`/overview?find=${encodeURIComponent(one.backend)}`} onClick=${go}>Show</a>`}
      ${one.accept && html`<button type="button" onClick=${() => ask(acceptQuestion(state.status.registry.held.find((held) => held.backend === one.backend)))}>Accept the loss</button>`}
    </div>`)}
    ${found.length > SHOWN_PROBLEMS && html`<button type="button" class="quiet" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? "Fewer" : `${found.length - SHOWN_PROBLEMS} more`}</button>`}
  </section>`;
}
