// SPDX-License-Identifier: Apache-2.0
// What the agent remembers of a proxy's statistics, fetched once when its row comes into view, a few at
// a time, so that a page that opens does not ask for hundreds at once.
import { useEffect } from "./lib.js";
import { useApp } from "./hooks.js";
import { history } from "./api.js";
import { addHistory } from "./store.js";

const AT_ONCE = 2, SAMPLES = 90;
const waiting = [];
let running = 0;

function next() {
  while (running < AT_ONCE && waiting.length) {
    const job = waiting.shift();
    if (job.gone) continue;
    running++;
    job.run().finally(() => {
      running--;
      next();
    });
  }
}

const asked = new WeakMap(); // state -> ids

export function usePast(id) {
  const { state, live } = useApp();
  const isKnown = state.stats.has(id); // before that there is nothing to ask for
  useEffect(() => {
    if (!isKnown) return undefined;
    if (!asked.has(state)) asked.set(state, new Set());
    const known = asked.get(state);
    if (known.has(id)) return undefined;
    const job = { gone: false, run };
    async function run() {
      known.add(id);
      const got = await history(id, { limit: SAMPLES }).catch(() => null); // then the line begins now
      if (got?.samples) live.changed(addHistory(state, id, got.samples));
    }
    waiting.push(job);
    next();
    return () => {
      job.gone = true;
    };
  }, [id, state, isKnown]);
}
