// SPDX-License-Identifier: Apache-2.0
// What state things are in, in one word and one level. Pure.
// Levels: ok, warn, bad, drain, maint, off (not known or not there).

const MEMBER_LEVELS = ["ok", "warn", "drain", "maint", "bad", "off"];

export const memberId = (member) =>
  (member.host.includes(":") ? `[${member.host}]:${member.port}` : `${member.host}:${member.port}`);

export function memberState(member) {
  const seen = member.observed;
  if (!seen) return { level: "off", word: "not in HAProxy" };
  const status = seen.status ?? "";
  if (seen.state === "maint" || status.startsWith("MAINT")) return { level: "maint", word: "maint" };
  if (seen.state === "drain" || status.startsWith("DRAIN")) return { level: "drain", word: "drain" };
  if (status.startsWith("DOWN")) return { level: "bad", word: status.toLowerCase() };
  if (status === "UP" || status === "no check") return { level: "ok", word: status.toLowerCase() };
  if (status.startsWith("UP")) return { level: "warn", word: status.toLowerCase() }; // UP 1/3: going down
  return { level: "off", word: status ? status.toLowerCase() : "unknown" };
}

const healths = new WeakMap(); // objects of the store are replaced, never edited

// { level, word, up, total, counts: {level: n}, segments: [[level, n]] }
export function backendHealth(backend) {
  if (!healths.has(backend)) healths.set(backend, examine(backend));
  return healths.get(backend);
}

function examine(backend) {
  const counts = Object.fromEntries(MEMBER_LEVELS.map((level) => [level, 0]));
  const members = backend.members ?? [];
  for (const member of members) counts[memberState(member).level]++;
  const up = counts.ok + counts.warn, total = members.length;
  const segments = MEMBER_LEVELS.filter((level) => counts[level]).map((level) => [level, counts[level]]);
  return { ...verdict(counts, up, total), up, total, counts, segments };
}

function verdict(counts, up, total) {
  if (total === 0) return { level: "bad", word: "empty" };
  if (counts.off === total) return { level: "off", word: "unknown" };
  if (up === 0) return { level: "bad", word: counts.bad ? "down" : counts.maint ? "maint" : "drained" };
  if (counts.bad || counts.off || counts.warn) return { level: "warn", word: "degraded" };
  return { level: "ok", word: "up" };
}

export function frontendState(stat, status) {
  if (status?.haproxy?.state === "down") return { level: "off", word: "unknown" };
  const word = stat?.status;
  if (!word) return { level: "off", word: "no data" };
  if (word === "OPEN") return { level: "ok", word: "open" };
  return { level: word === "FULL" ? "warn" : "bad", word: word.toLowerCase() };
}

export const isProblem = (level) => level === "bad" || level === "warn" || level === "off";

const OVER_SHOWN_MS = 60000;

// The switch to be shown for a backend: one that is under way, or was until a minute ago.
export function switchOf(status, backend, now) {
  const found = status?.switches?.find((one) => one.backend === backend);
  if (!found) return null;
  const over = found.state === "done" || found.state === "refused";
  return over && now - found.changed > OVER_SHOWN_MS ? null : found;
}

export const heldOf = (status, backend) => status?.registry?.held?.find((one) => one.backend === backend) ?? null;
export const hasPanic = (status, backend) => status?.registry?.panic?.includes(backend) ?? false;

// What an operator must know first, worst first: { level, title, text, detail, backend, accept }
export function problems(status) {
  if (!status) return [];
  const found = [
    ...haproxyProblems(status), ...reloadProblems(status), ...registryProblems(status),
    ...(status.failed ?? []).map((one) => ({ level: "bad", title: one.object, text: one.error, detail: one.detail })),
    ...(status.drift ?? []).map((one) => ({ level: "warn", title: "Drift", text: driftText(one) })),
  ];
  return [...found.filter((one) => one.level === "bad"), ...found.filter((one) => one.level !== "bad")];
}

const driftText = (one) => (typeof one === "string" ? one : one.text ?? one.what ?? [one.object, one.field, one.why].filter(Boolean).join(": "));

function haproxyProblems({ haproxy, guard }) {
  const found = [];
  if (haproxy?.state === "down")
    found.push({ level: "bad", title: "HAProxy does not answer", text: haproxy.error || "no reason known" });
  if (guard) found.push({ level: "bad", title: "Held back", text: guard });
  return found;
}

function reloadProblems(status) {
  const found = [], { reloads } = status;
  if (reloads?.lastError)
    found.push({ level: "bad", title: "Last reload failed", text: reloads.lastError, detail: reloads.lastDetail });
  if (reloads?.waits) found.push({ level: "warn", title: "A reload waits", text: reloads.waits });
  for (const [field, title] of [["applyError", "Not applied"], ["planError", "No plan"], ["renderError", "Not rendered"]])
    if (status[field]) found.push({ level: "bad", title, text: status[field] });
  return found;
}

function registryProblems({ registry }) {
  const found = [];
  if (registry?.state === "down")
    found.push({ level: "warn", title: "Registry away", text: registry.lastError || "no answer; the members that are known go on" });
  for (const one of registry?.held ?? [])
    found.push({ level: "warn", title: one.backend, backend: one.backend, accept: true,
      text: `${one.members} ${one.members === 1 ? "member" : "members"} held: ${one.reason}` });
  for (const backend of registry?.panic ?? [])
    found.push({ level: "warn", title: backend, backend, text: "no member is healthy; all that are not in maintenance serve" });
  return found;
}
