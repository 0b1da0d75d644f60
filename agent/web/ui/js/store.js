// SPDX-License-Identifier: Apache-2.0
// What the agent has told, built up message by message (/stream). No I/O, no time: `apply` changes the
// state and returns the topics of which something changed.
import { createSeries, push, withHistory } from "./series.js";

export const ACTIVITY_MAX = 1000;
const KINDS = { frontend: "frontends", backend: "backends", split: "splits", policy: "policies" };

const objects = () => ({
  frontends: new Map(), backends: new Map(), splits: new Map(), policies: new Map(), status: null, activity: [],
});

export function createState() {
  return {
    ...objects(),
    synced: false, snapshots: 0, // a whole snapshot is there, how many there were
    epoch: null, seq: 0, version: "", statsInterval: 2000,
    stats: new Map(), series: new Map(), // by stat id; series of frontends and backends only
    incoming: null, // a snapshot on its way; what is shown stays until it is complete
  };
}

// To ask for what was missed; null when there is nothing to go on from.
export const resumePoint = (state) =>
  (state.synced && !state.incoming && state.epoch ? { seq: state.seq, epoch: state.epoch } : null);

export function apply(state, message) {
  switch (message.type) {
    case "hello": return hello(state, message);
    case "ready": return ready(state, message);
    case "stat": return stat(state, message);
    case "frontend": case "backend": case "split": case "policy": case "status": case "activity":
      return isNew(state, message) ? change(state, message) : [];
    default: return []; // answers to control messages are not state
  }
}

function hello(state, message) {
  state.version = message.version ?? state.version;
  state.statsInterval = message.statsInterval ?? state.statsInterval;
  state.epoch = message.epoch ?? null;
  if (message.resumed && state.synced) {
    state.incoming = null;
  } else {
    state.incoming = objects();
    state.seq = message.seq ?? 0;
  }
  return ["connection"];
}

// Of a snapshot everything counts; later a number that was there already is a double.
function isNew(state, message) {
  if (!state.incoming && message.seq <= state.seq) return false;
  if (message.seq > state.seq) state.seq = message.seq;
  return true;
}

function change(state, message) {
  const to = state.incoming ?? state;
  const topics = message.type === "status" ? setStatus(to, message)
    : message.type === "activity" ? addActivity(to, message.object) : setObject(to, message);
  return state.incoming ? [] : topics;
}

function setStatus(to, message) {
  to.status = message.object;
  return ["status"];
}

function addActivity(to, entry) {
  if (to.activity.length && entry.seq <= to.activity[0].seq) return [];
  to.activity.unshift(entry);
  if (to.activity.length > ACTIVITY_MAX) to.activity.pop();
  return ["activity"];
}

function setObject(to, message) {
  const kind = KINDS[message.type], map = to[kind];
  const key = message.id.slice(message.type.length + 1);
  if (message.op === "del") return map.delete(key) ? [message.id, kind, `${kind}:names`] : [];
  const known = map.has(key);
  map.set(key, message.object);
  return known ? [message.id, kind] : [message.id, kind, `${kind}:names`];
}

function ready(state, message) {
  if (message.seq > state.seq) state.seq = message.seq;
  if (!state.incoming) return ["connection"];
  Object.assign(state, state.incoming);
  state.incoming = null;
  state.synced = true;
  state.snapshots++;
  forgetStats(state);
  return ["connection", "*"];
}

const proxyOf = (id) => id.split("/", 3).slice(1);

function forgetStats(state) {
  for (const map of [state.stats, state.series]) {
    for (const id of map.keys()) {
      const [kind, key] = proxyOf(id);
      if (!state[KINDS[kind]]?.has(key)) map.delete(id);
    }
  }
}

function stat(state, message) {
  if (message.op === "del") {
    state.stats.delete(message.id);
    state.series.delete(message.id);
    return [message.id];
  }
  const { object } = message;
  state.stats.set(message.id, object);
  if (object.type === "backendMember") return [message.id, `stat/backend/${object.key}/*`];
  let series = state.series.get(message.id);
  if (!series) state.series.set(message.id, (series = createSeries()));
  push(series, object);
  return [message.id, "stats"];
}

// The answer of GET /stats/{id}.
export function addHistory(state, id, samples) {
  if (samples.length === 0) return [];
  state.series.set(id, withHistory(samples, state.series.get(id)));
  if (!state.stats.has(id)) state.stats.set(id, samples.at(-1));
  return [id, "stats"];
}
