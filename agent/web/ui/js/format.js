// SPDX-License-Identifier: Apache-2.0
// Numbers and times as people read them. Pure; `now` is an argument.

const NONE = "–";

function scaled(n, step, units) {
  let unit = 0;
  while (Math.abs(n) >= step * 0.9995 && unit < units.length - 1) {
    n /= step;
    unit++;
  }
  const digits = unit === 0 && Number.isInteger(n) ? 0 : Math.abs(n) < 9.95 ? 1 : 0;
  return [n.toFixed(digits), units[unit]];
}

const isNumber = (n) => typeof n === "number" && Number.isFinite(n);

// 0, 7, 0.4, 12, 1.2k, 45M
export function count(n) {
  return isNumber(n) ? scaled(n, 1000, ["", "k", "M", "G", "T"]).join("") : NONE;
}

export function bytesRate(n) {
  return isNumber(n) ? scaled(n, 1000, [" B/s", " kB/s", " MB/s", " GB/s"]).join("") : NONE;
}

export function milliseconds(n) {
  if (!isNumber(n)) return NONE;
  return n < 1000 ? `${Math.round(n)} ms` : `${(n / 1000).toFixed(n < 9950 ? 1 : 0)} s`;
}

// 1/100 % -> "5 %", "0.5 %", "33.33 %"
export const share = (weight) => `${(weight / 100).toFixed(2).replace(/\.?0+$/, "")} %`;

const two = (n) => String(n).padStart(2, "0");

export function clock(ms) {
  const d = new Date(ms);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

export function day(ms) {
  const d = new Date(ms);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export const moment = (ms) => `${day(ms)} ${clock(ms)}`;

// 5 s, 3 min, 2 h 10 min, 4 d 3 h
export function duration(seconds) {
  if (!isNumber(seconds)) return NONE;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return parts(s, 3600, "h", 60, "min");
  return parts(s, 86400, "d", 3600, "h");
}

function parts(s, big, bigUnit, small, smallUnit) {
  const rest = Math.floor((s % big) / small);
  return `${Math.floor(s / big)} ${bigUnit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
}

export function ago(ms, now) {
  return ms ? `${duration((now - ms) / 1000)} ago` : NONE;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
