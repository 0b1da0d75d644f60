// SPDX-License-Identifier: Apache-2.0
// The connection to /stream: reconnects by itself with growing pauses, goes on where it was cut, and
// repeats the subscriptions. Knows nothing of what the messages mean but `hello` and `ready`.

export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 10000;
const SILENCE_MS = 12000; // then the agent is asked whether it lives
const OPENING_MS = 8000;

// `world`: { WebSocket, setTimeout, clearTimeout, random, now, alive(): Promise }
export function createStream({ url, resume, onMessage, onPhase, world }) {
  const wanted = new Map(); // stat id -> how many want it
  let socket = null, timer = null, watch = null, pause = FIRST_PAUSE_MS, greeted = false, stopped = false;
  let phase = { name: "connecting", since: world.now() };

  function enter(name, more = {}) {
    phase = { name, since: name === phase.name ? phase.since : world.now(), ...more };
    onPhase(phase);
  }

  function address() {
    const point = resume();
    return point ? `${url}?resume=${point.seq}&epoch=${encodeURIComponent(point.epoch)}` : url;
  }

  function open() {
    world.clearTimeout(timer);
    if (stopped || socket) return;
    greeted = false;
    const mine = (socket = new world.WebSocket(address()));
    mine.onmessage = (event) => mine === socket && take(event.data);
    mine.onclose = () => mine === socket && lost();
    mine.onerror = () => {}; // a close follows
    listen(OPENING_MS);
  }

  // Nobody hears a dead peer's silence: ask, and hang up when there is no answer.
  function listen(ms) {
    world.clearTimeout(watch);
    watch = world.setTimeout(async () => {
      const mine = socket;
      const lives = greeted && (await world.alive().then(() => true, () => false));
      if (mine !== socket || !mine) return;
      if (lives) listen(SILENCE_MS);
      else drop();
    }, ms);
  }

  function drop() {
    const old = socket;
    old.onclose = old.onmessage = null;
    old.close();
    lost();
  }

  function take(text) {
    listen(SILENCE_MS);
    const message = JSON.parse(text);
    if (message.type === "hello") {
      greeted = true;
      for (const id of wanted.keys()) send(["statSubscribe", id]);
    }
    onMessage(message);
    if (message.type === "ready") {
      pause = FIRST_PAUSE_MS;
      enter("live");
    }
  }

  function send(words) {
    if (socket && greeted && socket.readyState === 1) socket.send(JSON.stringify(words));
  }

  function lost() {
    world.clearTimeout(watch);
    socket = null;
    if (stopped) return;
    const wait = Math.round(pause * (0.7 + 0.6 * world.random()));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    enter("lost", { retryAt: world.now() + wait });
    timer = world.setTimeout(open, wait);
  }

  return {
    start: open,
    // Now instead of later.
    retry() {
      if (socket) return;
      pause = FIRST_PAUSE_MS;
      open();
    },
    stop() {
      stopped = true;
      world.clearTimeout(timer);
      if (socket) drop();
    },
    // Returns what ends the subscription.
    subscribe(id) {
      wanted.set(id, (wanted.get(id) ?? 0) + 1);
      if (wanted.get(id) === 1) send(["statSubscribe", id]);
      let mine = true;
      return () => {
        if (!mine) return;
        mine = false;
        wanted.set(id, wanted.get(id) - 1);
        if (wanted.get(id) > 0) return;
        wanted.delete(id);
        send(["statUnsubscribe", id]);
      };
    },
    get phase() {
      return phase;
    },
  };
}
