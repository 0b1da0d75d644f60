// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTIVITY_MAX, addHistory, apply, createState, resumePoint } from "../../../agent/web/ui/js/store.js";

const hello = (seq, more) => ({ type: "hello", op: "set", seq, epoch: "e1", version: "0.1.0", statsInterval: 2000, resumed: false, ...more });
const ready = (seq) => ({ type: "ready", op: "set", seq });
const set = (type, key, seq, object = {}) => ({ type, op: "set", seq, id: `${type}/${key}`, object: { key, ...object } });
const del = (type, key, seq) => ({ type, op: "del", seq, id: `${type}/${key}` });
const entry = (n, seq) => ({ type: "activity", op: "set", seq, object: { seq: n, verb: "changed" } });
const stat = (id, seq, object) => ({ type: "stat", op: "set", seq, id, object: { id, time: 1000, ...object } });

const fed = (...messages) => {
  const state = createState();
  for (const message of messages) apply(state, message);
  return state;
};
const begun = () => fed(hello(5), set("backend", "a", 5), set("backend", "b", 5), { type: "status", op: "set", seq: 5, object: { x: 1 } }, entry(1, 5), entry(2, 5), ready(5));

test("a snapshot is shown when it is whole", () => {
  const state = fed(hello(5), set("backend", "a", 5));
  assert.equal(state.backends.size, 0);
  assert.equal(state.synced, false);
  assert.equal(resumePoint(state), null);
  assert.deepEqual(apply(state, ready(5)), ["connection", "*"]);
  assert.deepEqual([...state.backends.keys()], ["a"]);
  assert.deepEqual(resumePoint(state), { seq: 5, epoch: "e1" });
});

test("changes replace, deletions remove, topics tell which", () => {
  const state = begun();
  assert.deepEqual(apply(state, set("backend", "a", 6, { version: "2" })), ["backend/a", "backends"]);
  assert.equal(state.backends.get("a").version, "2");
  assert.deepEqual(apply(state, set("split", "a", 7)), ["split/a", "splits", "splits:names"]);
  assert.deepEqual(apply(state, del("backend", "b", 8)), ["backend/b", "backends", "backends:names"]);
  assert.deepEqual(apply(state, del("backend", "b", 9)), []);
  assert.equal(state.seq, 9);
});

test("names with slashes and colons stay whole", () => {
  const state = begun();
  apply(state, set("backend", "a:b.c-d", 6));
  assert.ok(state.backends.has("a:b.c-d"));
});

test("resumed: goes on, and a number that was there is a double", () => {
  const state = begun();
  apply(state, hello(8, { resumed: true }));
  assert.deepEqual(apply(state, set("backend", "a", 5, { version: "old" })), []);
  apply(state, set("backend", "a", 6, { version: "new" }));
  apply(state, entry(2, 7));
  apply(state, entry(3, 8));
  assert.deepEqual(apply(state, ready(8)), ["connection"]);
  assert.equal(state.backends.get("a").version, "new");
  assert.deepEqual(state.activity.map((one) => one.seq), [3, 2, 1]);
  assert.equal(state.snapshots, 1);
});

test("not resumed: what was is dropped, and shown until then", () => {
  const state = begun();
  apply(state, stat("stat/backend/b", 5, { type: "backend", key: "b" }));
  apply(state, hello(2, { epoch: "e2" }));
  assert.equal(resumePoint(state), null, "half a snapshot is nothing to go on from");
  apply(state, set("backend", "a", 2));
  assert.ok(state.backends.has("b"));
  apply(state, ready(2));
  assert.deepEqual([...state.backends.keys()], ["a"]);
  assert.equal(state.status, null);
  assert.equal(state.stats.size, 0);
  assert.deepEqual(resumePoint(state), { seq: 2, epoch: "e2" });
  assert.ok(apply(state, set("backend", "a", 3)).length > 0, "numbers of another life count from its own");
});

test("activity: newest first, none twice, bounded", () => {
  const state = begun();
  for (let i = 3; i < ACTIVITY_MAX + 50; i++) apply(state, entry(i, i + 10));
  assert.equal(state.activity.length, ACTIVITY_MAX);
  assert.equal(state.activity[0].seq, ACTIVITY_MAX + 49);
  apply(state, entry(7, 5000));
  assert.equal(state.activity[0].seq, ACTIVITY_MAX + 49);
});

test("stats have no number of their own, and end", () => {
  const state = begun(), id = "stat/backend/a";
  assert.deepEqual(apply(state, stat(id, 5, { type: "backend", key: "a" })), [id, "stats"]);
  assert.equal(state.series.get(id).time.length, 1);
  const member = "stat/backend/a/127.0.0.1:80";
  assert.deepEqual(apply(state, stat(member, 5, { type: "backendMember", key: "a" })), [member, "stat/backend/a/*"]);
  assert.equal(state.series.has(member), false);
  apply(state, { type: "stat", op: "del", seq: 5, id });
  assert.equal(state.stats.has(id), false);
  assert.equal(state.series.has(id), false);
  assert.deepEqual(addHistory(state, id, []), []);
  assert.deepEqual(addHistory(state, id, [{ time: 1 }, { time: 2 }]), [id, "stats"]);
  assert.equal(state.stats.get(id).time, 2);
});

test("answers and unknown messages change nothing", () => {
  const state = begun(), before = JSON.stringify(state);
  for (const type of ["error", "switch", "news"]) assert.deepEqual(apply(state, { type, op: "set", seq: 99 }), []);
  assert.equal(JSON.stringify(state), before);
});

test("any cut and resume gives what no cut gives", () => {
  const messages = [];
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let seq = 6; seq < 120; seq++) {
    const key = "abcdef"[random(6)];
    messages.push(random(4) ? set("backend", key, seq, { n: seq }) : random(2) ? del("backend", key, seq) : entry(seq, seq));
  }
  const whole = begun();
  for (const message of messages) apply(whole, message);
  for (let cut = 0; cut <= messages.length; cut += 3) {
    const state = begun();
    for (const message of messages.slice(0, cut)) apply(state, message);
    const { seq } = resumePoint(state);
    apply(state, hello(119, { resumed: true }));
    for (const message of messages.filter((one) => one.seq > seq)) apply(state, message);
    apply(state, ready(119));
    assert.deepEqual([...state.backends].sort(), [...whole.backends].sort());
    assert.deepEqual(state.activity, whole.activity);
  }
});
