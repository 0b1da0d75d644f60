// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { backendHealth, frontendState, memberId, memberState, problems, switchOf } from "../../../agent/web/ui/js/health.js";

const member = (status, state = "ready") => ({ host: "10.0.0.1", port: 80, observed: status === null ? null : { status, state } });
const level = (...members) => {
  const { level: one, word } = backendHealth({ members });
  return `${one} ${word}`;
};

test("members: HAProxy's words in one level each", () => {
  const cases = [
    ["UP", "ready", "ok", "up"], ["UP 1/3", "ready", "warn", "up 1/3"], ["DOWN", "ready", "bad", "down"], ["DOWN 1/2", "ready", "bad", "down 1/2"],
    ["no check", "ready", "ok", "no check"], ["DRAIN", "drain", "drain", "drain"], ["MAINT", "maint", "maint", "maint"], ["UP", "drain", "drain", "drain"],
    ["MAINT (via x)", "ready", "maint", "maint"], ["NOLB", "ready", "off", "nolb"], ["", "ready", "off", "unknown"],
  ];
  for (const [status, state, wanted, word] of cases) assert.deepEqual(memberState(member(status, state)), { level: wanted, word });
  assert.deepEqual(memberState(member(null)), { level: "off", word: "not in HAProxy" });
});

test("addresses as the API names them", () => {
  assert.equal(memberId({ host: "10.0.0.1", port: 80 }), "10.0.0.1:80");
  assert.equal(memberId({ host: "::1", port: 80 }), "[::1]:80");
});

test("backends: an operator's word is no fault, an empty pool is one", () => {
  assert.equal(level(), "bad empty");
  assert.equal(level(member("UP"), member("UP")), "ok up");
  assert.equal(level(member("UP"), member("MAINT", "maint"), member("DRAIN", "drain")), "ok up");
  assert.equal(level(member("UP"), member("DOWN")), "warn degraded");
  assert.equal(level(member("UP 2/3")), "warn degraded");
  assert.equal(level(member("UP"), member(null)), "warn degraded");
  assert.equal(level(member("DOWN"), member("MAINT", "maint")), "bad down");
  assert.equal(level(member("MAINT", "maint")), "bad maint");
  assert.equal(level(member("DRAIN", "drain")), "bad drained");
  assert.equal(level(member(null), member(null)), "off unknown");
});

test("backends: counts make up the whole ring", () => {
  const health = backendHealth({ members: [member("UP"), member("DOWN"), member("UP"), member("MAINT", "maint")] });
  assert.deepEqual(health.segments, [["ok", 2], ["maint", 1], ["bad", 1]]);
  assert.deepEqual([health.up, health.total], [2, 4]);
});

test("frontends", () => {
  assert.equal(frontendState({ status: "OPEN" }, {}).level, "ok");
  assert.equal(frontendState({ status: "STOP" }, {}).level, "bad");
  assert.equal(frontendState(undefined, {}).word, "no data");
  assert.equal(frontendState({ status: "OPEN" }, { haproxy: { state: "down" } }).word, "unknown");
});

test("a switch is shown until a minute after its end", () => {
  const status = (state) => ({ switches: [{ backend: "a", state, changed: 1000 }] });
  assert.equal(switchOf(status("warming"), "a", 1e9).state, "warming");
  assert.equal(switchOf(status("done"), "a", 30000).state, "done");
  assert.equal(switchOf(status("done"), "a", 100000), null);
  assert.equal(switchOf(status("done"), "b", 30000), null);
  assert.equal(switchOf(null, "a", 0), null);
});

test("problems: all of them, the bad ones first", () => {
  const quiet = { haproxy: { state: "up" }, registry: { state: "ok", held: [], panic: [] }, reloads: { count: 1 }, failed: [], drift: [] };
  assert.deepEqual(problems(quiet), []);
  assert.deepEqual(problems(null), []);
  const found = problems({
    haproxy: { state: "down", error: "refused" }, guard: "empty", reloads: { lastError: "no", lastDetail: "line 3", waits: "2 old" }, applyError: "x",
    registry: { state: "down", lastError: "503", held: [{ backend: "a", members: 1, reason: "gone" }], panic: ["b"] },
    failed: [{ object: "frontend/w", error: "e", detail: "d" }], drift: ["set x", { object: "backend/a", field: "weight", why: "by hand" }],
  });
  assert.equal(found.length, 11);
  const levels = found.map((one) => one.level);
  assert.deepEqual(levels, [...levels].sort());
  assert.ok(found.some((one) => one.accept && one.backend === "a" && one.text === "1 member held: gone"));
  assert.ok(found.some((one) => one.text === "backend/a: weight: by hand"));
  for (const one of found) assert.ok(one.title && one.text, JSON.stringify(one));
});
