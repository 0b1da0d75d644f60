// SPDX-License-Identifier: Apache-2.0
// Store, stream and page put together.
import { html, render } from "./lib.js";
import { apply, createState, resumePoint } from "./store.js";
import { createLive } from "./live.js";
import { createStream } from "./stream.js";
import { Frame } from "./app.js";

const ALIVE_MS = 5000;

async function alive() {
  const response = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ALIVE_MS) });
  if (!response.ok) throw new Error(response.status);
}

const state = createState();
const live = createLive();
const stream = createStream({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/stream`,
  resume: () => resumePoint(state),
  onMessage: (message) => live.changed(apply(state, message)),
  onPhase: () => live.changed(["connection"]),
  world: {
    WebSocket, alive, random: Math.random, now: Date.now,
    setTimeout: (run, ms) => setTimeout(run, ms), clearTimeout: (timer) => clearTimeout(timer),
  },
});

addEventListener("online", () => stream.retry());
document.addEventListener("visibilitychange", () => document.hidden || stream.retry());

render(html`<${Frame} state=${state} live=${live} stream=${stream} />`, document.getElementById("app"));
stream.start();
