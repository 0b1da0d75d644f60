// SPDX-License-Identifier: Apache-2.0
// The recent past of one stat object as columns, bounded. Pure.

export const SERIES_MAX = 150;
export const COLUMNS = ["time", "current", "sessions", "requests", "errors", "bytesIn", "bytesOut"];

export function createSeries() {
  return { ...Object.fromEntries(COLUMNS.map((name) => [name, []])), last: null };
}

// 5xx per second since the sample before; totals that went down are a new count.
function errorRate(before, now) {
  const seconds = before ? (now.time - before.time) / 1000 : 0;
  const more = before ? (now.responses?.["5xx"] ?? 0) - (before.responses?.["5xx"] ?? 0) : 0;
  return seconds > 0 && more > 0 ? more / seconds : 0;
}

export function push(series, stat) {
  const previous = series.time.at(-1);
  // seconds, and always growing: a clock that was set back must not fold the line
  const time = previous === undefined ? stat.time / 1000 : Math.max(stat.time / 1000, previous + 0.001);
  const row = {
    time, current: stat.connections?.current ?? 0, errors: errorRate(series.last, stat),
    sessions: stat.rate?.sessions ?? 0, requests: stat.rate?.requests ?? 0,
    bytesIn: stat.rate?.bytesIn ?? 0, bytesOut: stat.rate?.bytesOut ?? 0,
  };
  for (const name of COLUMNS) {
    series[name].push(row[name]);
    if (series[name].length > SERIES_MAX) series[name].shift();
  }
  series.last = stat;
}

// What the agent remembers, then what has come since: `samples` oldest first, `live` a series or none.
export function withHistory(samples, live) {
  const merged = createSeries();
  for (const stat of samples) push(merged, stat);
  const last = samples.at(-1)?.time ?? 0;
  const from = live ? live.time.findIndex((time) => time * 1000 > last + 1) : -1;
  if (from < 0) return merged;
  for (const name of COLUMNS) merged[name] = [...merged[name], ...live[name].slice(from)].slice(-SERIES_MAX);
  merged.last = live.last;
  return merged;
}

// Rows of whole minutes as the same columns.
export function ofMinutes(minutes) {
  const of = (pick) => minutes.map((row) => pick(row) ?? 0);
  return {
    time: of((row) => row.time / 1000), current: of((row) => row.connections?.avg),
    sessions: of((row) => row.rate?.sessions), requests: of((row) => row.rate?.requests),
    errors: of((row) => row.responses?.["5xx"]),
    bytesIn: of((row) => row.rate?.bytesIn), bytesOut: of((row) => row.rate?.bytesOut),
  };
}

export const errorsNow = (series) => series?.errors.at(-1) ?? 0;
