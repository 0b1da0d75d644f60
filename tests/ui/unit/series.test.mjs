// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { COLUMNS, createSeries, errorsNow, ofMinutes, push, SERIES_MAX, withHistory } from "../../../agent/web/ui/js/series.js";

const stat = (time, errors = 0, requests = 10) => ({
  time, connections: { current: 3 }, rate: { sessions: 1, requests, bytesIn: 5, bytesOut: 6 }, responses: { "5xx": errors },
});

const isWhole = (series) => new Set(COLUMNS.map((name) => series[name].length)).size === 1;

test("errors are a rate, and none across a count that began anew", () => {
  const series = createSeries();
  for (const one of [stat(2000, 5), stat(4000, 9), stat(6000, 2), stat(8000, 3)]) push(series, one);
  assert.deepEqual(series.errors, [0, 2, 0, 0.5]);
  assert.equal(errorsNow(series), 0.5);
  assert.equal(errorsNow(undefined), 0);
});

test("time grows whatever the clock does", () => {
  const series = createSeries();
  for (const time of [5000, 7000, 1000, 1000, 9000]) push(series, stat(time));
  for (let i = 1; i < series.time.length; i++) assert.ok(series.time[i] > series.time[i - 1]);
});

test("bounded, all columns alike", () => {
  const series = createSeries();
  for (let i = 0; i < SERIES_MAX * 3; i++) push(series, stat(i * 2000));
  assert.equal(series.time.length, SERIES_MAX);
  assert.ok(isWhole(series));
  assert.equal(series.time.at(-1), (SERIES_MAX * 3 - 1) * 2);
});

test("history and what came since: nothing twice, nothing lost", () => {
  const samples = [2000, 4000, 6000].map((time) => stat(time));
  const live = createSeries();
  for (const time of [4000, 6000, 8000, 10000]) push(live, stat(time));
  assert.deepEqual(withHistory(samples, live).time, [2, 4, 6, 8, 10]);
  assert.deepEqual(withHistory(samples, undefined).time, [2, 4, 6]);
  assert.deepEqual(withHistory([], live).time, [4, 6, 8, 10]);
  assert.ok(isWhole(withHistory(samples, live)));
});

test("what a stat lacks is 0", () => {
  const series = createSeries();
  push(series, { time: 1000 });
  assert.deepEqual(COLUMNS.map((name) => series[name][0]), [1, 0, 0, 0, 0, 0, 0]);
});

test("minutes become the same columns", () => {
  const series = ofMinutes([{ time: 60000, connections: { avg: 2 }, rate: { requests: 4 }, responses: { "5xx": 0.5 } }, { time: 120000 }]);
  assert.deepEqual(series.time, [60, 120]);
  assert.deepEqual(series.requests, [4, 0]);
  assert.deepEqual(series.errors, [0.5, 0]);
});
