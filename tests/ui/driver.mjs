// SPDX-License-Identifier: Apache-2.0
// driver.mjs BASE: one browser that does what it is told. A line in is {"call": NAME, "args": [...]}, a
// line out {"value": ...} or {"error": "..."}. Decides nothing: what is right is the test's matter.
// Whatever goes wrong in a page (console errors, exceptions, requests to other hosts) is written down.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const base = process.argv[2];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
const DEFAULT_MS = 15000;

const browser = await chromium.launch({ executablePath: process.env.THALASSA_CHROMIUM ?? "/usr/bin/chromium", headless: true, args: ARGS });
let context, page, faults, hellos;

function watch(one) {
  one.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()} (${message.location().url})`));
  one.on("pageerror", (error) => faults.push(`exception: ${error.stack}`));
  one.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== new URL(base).origin) faults.push(`request to another host: ${request.url()}`);
  });
  one.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== new URL(base).host) faults.push(`socket to another host: ${socket.url()}`);
    socket.on("framereceived", ({ payload }) => {
      if (payload.includes('"type":"hello"')) hellos.push(JSON.parse(payload));
    });
  });
}

async function axe() {
  await page.evaluate(AXE); // by the debugger's hand, so that the page's own policy stands
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
}

// The longest task of the page's own thread since `trace`, in ms of its CPU time: what it would take on
// a machine that has nothing else to do, however busy this one is.
let tracing;

async function trace() {
  const session = await browser.newBrowserCDPSession();
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["toplevel"] } });
  tracing = { session, events, done };
}

async function traced() {
  const { session, events, done } = tracing;
  await session.send("Tracing.end");
  await done;
  await session.detach();
  const threads = new Set(events.filter((one) => one.args?.name === "CrRendererMain").map((one) => `${one.pid} ${one.tid}`));
  const tasks = events.filter((one) => one.tdur && one.name.endsWith("RunTask") && threads.has(`${one.pid} ${one.tid}`));
  if (tasks.length === 0) throw new Error("no task of the page was traced");
  return Math.max(...tasks.map((one) => one.tdur)) / 1000;
}

const calls = {
  async open({ width = 1440, height = 900, theme = "dark" } = {}) {
    await context?.close();
    [faults, hellos] = [[], []];
    context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce" });
    page = await context.newPage();
    page.setDefaultTimeout(DEFAULT_MS);
    watch(page);
  },
  goto: async (path) => (await page.goto(base + path)).status(),
  click: (selector) => page.click(selector),
  fill: (selector, text) => page.fill(selector, text),
  press: (key) => page.keyboard.press(key),
  wait: async (selector, state = "visible", timeout = DEFAULT_MS) => void await page.waitForSelector(selector, { state, timeout }),
  text: async (selector) => (await page.locator(selector).first().innerText()).replace(/\s+/g, " ").trim(),
  texts: async (selector) => (await page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim()),
  count: (selector) => page.locator(selector).count(),
  evaluate: (code) => page.evaluate(code),
  theme: (theme) => page.emulateMedia({ colorScheme: theme }),
  size: (width, height) => page.setViewportSize({ width, height }),
  shot: async (path) => void await page.screenshot({ path }),
  axe,
  trace,
  traced,
  faults: () => faults,
  hellos: () => hellos,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  const answer = await Promise.resolve().then(() => calls[call](...args)).then(
    (value) => ({ value: value ?? null }), (error) => ({ error: String(error.stack ?? error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
