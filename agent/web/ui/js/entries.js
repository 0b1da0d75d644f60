// SPDX-License-Identifier: Apache-2.0
// Entries of the activity: which of them fit, how they are meant. Pure.
import { day } from "./format.js";

// As the API filters: each word occurs in verb, object, actor or reason; case does not count.
export function fits(entry, words) {
  const text = `${entry.verb} ${entry.object} ${entry.actor} ${entry.reason}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

// The older ones that the API told, and the newer ones that came since; newest first, none twice.
export function merged(older, newer) {
  const newest = older[0]?.seq ?? -1;
  return [...newer.filter((one) => one.seq > newest), ...older];
}

export const isNewDay = (entries, i) => i === 0 || day(entries[i - 1].time) !== day(entries[i].time);

const LEVELS = {
  online: "ok", returned: "ok", haproxyStarted: "ok", started: "ok", haproxyUp: "ok",
  offline: "warn", held: "warn", refused: "bad", failed: "bad", haproxyDown: "bad", haproxyConfigRefused: "bad", rolledBack: "bad",
  drained: "drain", maintenance: "maint", switched: "drain", switchWaiting: "drain", switchWarming: "drain",
  switchDraining: "drain", switchDone: "ok", holdEnded: "ok",
};

export function entryLevel({ verb }) {
  return LEVELS[verb] ?? (/fail|refus|down|lost|error|stuck/i.test(verb) ? "bad" : "off");
}
