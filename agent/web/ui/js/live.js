// SPDX-License-Identifier: Apache-2.0
// Who wants to hear of which topic. Changes are told once per animation frame, however many messages
// came since the last one.

export function createLive(schedule = requestAnimationFrame) {
  const listeners = new Map(); // topic -> set of functions
  const dirty = new Set();
  let waiting = false;

  function flush() {
    waiting = false;
    const due = new Set();
    const everybody = dirty.has("*");
    for (const topic of everybody ? listeners.keys() : dirty)
      for (const listener of listeners.get(topic) ?? []) due.add(listener);
    dirty.clear();
    for (const listener of due) listener();
  }

  return {
    changed(topics) {
      for (const topic of topics) dirty.add(topic);
      if (waiting || dirty.size === 0) return;
      waiting = true;
      schedule(flush);
    },
    on(topic, listener) {
      if (!listeners.has(topic)) listeners.set(topic, new Set());
      listeners.get(topic).add(listener);
      return () => {
        const all = listeners.get(topic);
        all?.delete(listener);
        if (all?.size === 0) listeners.delete(topic);
      };
    },
  };
}
