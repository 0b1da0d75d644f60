// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { entryLevel, fits, isNewDay, merged } from "../../../agent/web/ui/js/entries.js";
import { binds, diffKind, linesWith } from "../../../agent/web/ui/js/lines.js";
import { createLive } from "../../../agent/web/ui/js/live.js";
import { pageOf } from "../../../agent/web/ui/js/pages.js";
import { visibleRange } from "../../../agent/web/ui/js/range.js";
import { withShare } from "../../../agent/web/ui/js/shares.js";

test("the range of a long list is what is seen, and the space is kept", () => {
  const height = (i) => 10 + (i % 3) * 10;
  let total = 0;
  for (let i = 0; i < 500; i++) total += height(i);
  for (let top = -300; top < total + 300; top += 37) {
    const { from, to, before, after } = visibleRange(500, height, top, top + 200);
    let drawn = 0;
    for (let i = from; i < to; i++) drawn += height(i);
    assert.equal(before + drawn + after, total);
    if (top >= 0 && top + 200 <= total) assert.ok(before <= top && before + drawn >= top + 200, `at ${top}`);
    assert.ok(to - from <= 22, `${to - from} drawn`);
  }
  assert.deepEqual(visibleRange(0, height, 0, 100), { from: 0, to: 0, before: 0, after: 0 });
});

test("changes are told once per frame", () => {
  const frames = [], told = [];
  const live = createLive((run) => frames.push(run));
  const end = live.on("a", () => told.push("a"));
  live.on("b", () => told.push("b"));
  live.changed(["a", "c"]);
  live.changed(["a"]);
  assert.equal(frames.length, 1);
  frames.pop()();
  assert.deepEqual(told, ["a"]);
  live.changed([]);
  assert.equal(frames.length, 0);
  live.changed(["*"]);
  frames.pop()();
  assert.deepEqual(told, ["a", "a", "b"]);
  end();
  live.changed(["a"]);
  frames.pop()();
  assert.equal(told.length, 3);
});

test("activity: filtered as the API does it, joined without a double", () => {
  const entry = { verb: "switched", object: "backend/Live", actor: "10.0.0.1", reason: "to 2.0.0" };
  assert.ok(fits(entry, ["live", "2.0"]));
  assert.ok(!fits(entry, ["live", "3.0"]));
  assert.ok(fits(entry, []));
  const seqs = (...list) => list.map((seq) => ({ seq }));
  assert.deepEqual(merged(seqs(3, 2, 1), seqs(5, 4, 3, 2)), seqs(5, 4, 3, 2, 1));
  assert.deepEqual(merged([], seqs(2, 1)), seqs(2, 1));
  assert.equal(entryLevel({ verb: "somethingFailed" }), "bad");
  assert.equal(entryLevel({ verb: "changed" }), "off");
  const noon = new Date(2026, 1, 2, 12).getTime();
  assert.deepEqual([0, 1, 2].map((i) => isNewDay([{ time: noon }, { time: noon - 60000 }, { time: noon - 86400000 }], i)), [true, false, true]);
});

test("binds keep the parameters of the last address", () => {
  assert.deepEqual(binds("*:80,[::1]:80"), ["*:80", "[::1]:80"]);
  assert.deepEqual(binds("*:443 ssl crt /x alpn h2,http/1.1"), ["*:443 ssl crt /x alpn h2,http/1.1"]);
  assert.deepEqual(binds("*:80,"), ["*:80"]);
});

test("lines of diffs and of texts", () => {
  assert.deepEqual(["@@ -1 +1 @@", "--- a", "+++ b", "+x", "-x", " x", ""].map(diffKind), ["place", "file", "file", "added", "removed", "", ""]);
  assert.deepEqual(linesWith("a B\nb\nab", ["b", "a"]), [[1, "a B"], [3, "ab"]]);
  assert.equal(linesWith("a", []), null);
});

test("pages by their addresses", () => {
  assert.deepEqual(["/", "/overview", "/plan/", "/config", "/x", "/overview/x"].map(pageOf), ["overview", "overview", "plan", "config", null, null]);
});

test("a split always sums to the whole", () => {
  const split = { key: "a", sticky: "src", targets: [{ backend: "a", weight: 9000, observed: {} }, { backend: "b", weight: 1000 }] };
  assert.deepEqual(withShare(split, 1, 2500), { sticky: "src", targets: [{ backend: "a", weight: 7500 }, { backend: "b", weight: 2500 }] });
});
