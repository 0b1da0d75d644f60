// SPDX-License-Identifier: Apache-2.0
// The bar at the top: where one is, whether what is shown is true now, versions, reloads, theme.
import { classes, html, useEffect, useState } from "./lib.js";
import { keep, recall, useApp, useNow, useTopics } from "./hooks.js";
import { clock, duration } from "./format.js";
import { PAGES } from "./pages.js";
import { Mark } from "./marks.js";

export function Header({ page }) {
  const { state, go } = useApp();
  useTopics("status", "connection");
  const { status } = state;
  return html`<header class="bar">
    <a class="skip" href="#main">Skip to the content</a>
    <a class="brand" href="/overview" onClick=${go}>Thalassa${status?.label && html` <span class="what">${status.label}</span>`}</a>
    <nav aria-label="Pages"><ul>${PAGES.map(([name, word]) => html`<li><a href=${`/${name}`} aria-current=${name === page ? "page" : undefined} onClick=${go}>${word}</a></li>`)}</ul></nav>
    <div class="facts-bar">
      <${Connection} />
      ${status && html`<${Haproxy} haproxy=${status.haproxy} />
        <span class="fact"><span class="k">reloads</span> <b data-test="reloads">${status.reloads.count}</b></span>
        <span class="fact" title="generation of the objects: wanted, applied"><span class="k">generation</span> <b>${status.generation.applied}</b>${status.generation.applied !== status.generation.desired && html`<span class="is-warn">/${status.generation.desired}</span>`}</span>`}
      <span class="fact"><span class="k">agent</span> <b>${state.version || status?.version || "–"}</b></span>
      <${Theme} />
    </div>
  </header>`;
}

const HAPROXY_LEVELS = { up: "ok", down: "bad", reloading: "warn" };

function Haproxy({ haproxy }) {
  const level = HAPROXY_LEVELS[haproxy.state] ?? "off";
  return html`<span class=${classes("fact", level !== "ok" && `is-${level}`)} data-test="haproxy"><${Mark} level=${level} />
    <span class="k">HAProxy</span> <b>${haproxy.version ?? ""}</b> ${haproxy.state}</span>`;
}

const CONNECTION = { live: ["ok", "live"], connecting: ["off", "connecting"], lost: ["bad", "not connected"] };

function Connection() {
  const { stream } = useApp();
  const [level, word] = CONNECTION[stream.phase.name];
  return html`<span class=${classes("fact", "connection", level === "bad" && "is-bad")} role="status" data-test="connection"><${Mark} level=${level} /> ${word}</span>`;
}

// Shown while the agent does not answer: what is on the screen is old.
export function Lost() {
  const { stream } = useApp();
  useTopics("connection");
  return stream.phase.name === "lost" ? html`<${Countdown} phase=${stream.phase} retry=${stream.retry} />` : null;
}

function Countdown({ phase, retry }) {
  const now = useNow(500);
  const wait = Math.max(0, Math.ceil((phase.retryAt - now) / 1000));
  return html`<div class="notice is-bad lost"><${Mark} level="bad" /><div><b>No connection to the agent</b> since ${clock(phase.since)}
    (${duration((now - phase.since) / 1000)}). What is shown was true then. HAProxy serves without the agent. Next try ${wait > 0 ? `in ${wait} s` : "now"}.</div>
    <button type="button" onClick=${retry}>Try now</button></div>`;
}

const THEMES = { system: ["dark", "Theme: as the system"], dark: ["light", "Theme: dark"], light: ["system", "Theme: light"] };
const SIGNS = { system: "M8 1a7 7 0 1 0 0 14zM8 1a7 7 0 0 1 0 14V13.6a5.6 5.6 0 0 0 0-11.2z", dark: "M10 1.2A7 7 0 1 0 14.8 11 6 6 0 0 1 10 1.2z", light: "M8 4a4 4 0 1 0 .01 0zM7.4 0h1.2v2.4H7.4zM7.4 13.6h1.2V16H7.4zM0 7.4h2.4v1.2H0zM13.6 7.4H16v1.2h-2.4z" };

function Theme() {
  const [theme, setTheme] = useState(() => recall("theme") ?? "system");
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    keep("theme", theme === "system" ? null : theme);
  }, [theme]);
  const [next, word] = THEMES[theme] ?? THEMES.system;
  return html`<button type="button" class="theme" aria-label=${`${word}; change`} title=${word} onClick=${() => setTheme(next)}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SIGNS[theme] ?? SIGNS.system} /></svg></button>`;
}
