// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytesRate, clock, count, day, duration, milliseconds, plural, share } from "../../../agent/web/ui/js/format.js";

const told = (view, cases) => {
  for (const [value, text] of cases) assert.equal(view(value), text, `of ${value}`);
};

test("counts are short and never lie by a unit", () => {
  told(count, [
    [0, "0"], [7, "7"], [0.4, "0.4"], [9.96, "10"], [12.4, "12"], [999, "999"], [999.9, "1.0k"], [1000, "1.0k"], [1249, "1.2k"],
    [45678, "46k"], [999499, "999k"], [999600, "1.0M"], [3e9, "3.0G"], [undefined, "–"], [null, "–"], [NaN, "–"],
  ]);
});

test("rates, times and durations", () => {
  told(bytesRate, [[0, "0 B/s"], [1500, "1.5 kB/s"], [2.5e6, "2.5 MB/s"], [undefined, "–"]]);
  told(milliseconds, [[0, "0 ms"], [12.6, "13 ms"], [1000, "1.0 s"], [61000, "61 s"], [null, "–"]]);
  told(duration, [[-3, "0 s"], [59.9, "59 s"], [60, "1 min"], [3600, "1 h"], [7800, "2 h 10 min"], [86400, "1 d"], [97200, "1 d 3 h"], [undefined, "–"]]);
  assert.equal(ago(0, 5000), "–");
  assert.equal(ago(1000, 5000), "4 s ago");
});

test("shares in 1/100 %", () => told(share, [[0, "0 %"], [50, "0.5 %"], [500, "5 %"], [3333, "33.33 %"], [10000, "100 %"]]));

test("clock and day are local and padded", () => {
  const moment = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assert.equal(clock(moment), "03:04:05");
  assert.equal(day(moment), "2026-01-02");
});

test("plural", () => {
  assert.equal(plural(1, "entry", "entries"), "1 entry");
  assert.equal(plural(0, "member"), "0 members");
});
