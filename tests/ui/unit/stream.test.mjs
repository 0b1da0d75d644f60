// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStream, FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from "../../../agent/web/ui/js/stream.js";

// A world whose time stands still until it is moved.
function still({ lives = true } = {}) {
  const sockets = [], timers = [], phases = [], messages = [];
  let now = 0;
  class WebSocket {
    constructor(url) {
      Object.assign(this, { url, readyState: 0, sent: [], closed: false });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.closed = true;
    }
  }
  const world = {
    WebSocket, random: () => 0.5, now: () => now, lives, alive: () => (world.lives ? Promise.resolve() : Promise.reject(new Error("dead"))),
    setTimeout: (run, ms) => timers.push({ run, at: now + ms, on: true }), clearTimeout: (id) => id && (timers[id - 1].on = false),
  };
  return {
    world, sockets, phases, messages,
    get last() { return sockets.at(-1); },
    say(message) { sockets.at(-1).onmessage({ data: JSON.stringify(message) }); },
    greet() {
      sockets.at(-1).readyState = 1;
      this.say({ type: "hello", seq: 1 });
      this.say({ type: "ready", seq: 1 });
    },
    async pass(ms) {
      for (const end = now + ms; ;) {
        const due = timers.filter((one) => one.on && one.at <= end).sort((a, b) => a.at - b.at)[0];
        now = due ? due.at : end;
        if (!due) return;
        due.on = false;
        await due.run();
      }
    },
  };
}

function started(options) {
  const it = still(options);
  it.point = null;
  it.stream = createStream({ url: "ws://x/stream", resume: () => it.point, world: it.world,
    onMessage: (message) => it.messages.push(message), onPhase: (phase) => it.phases.push(phase.name) });
  it.stream.start();
  return it;
}

test("asks for what was missed", async () => {
  const it = started();
  assert.equal(it.last.url, "ws://x/stream");
  it.greet();
  it.point = { seq: 7, epoch: "a b" };
  it.last.onclose();
  await it.pass(FIRST_PAUSE_MS * 2);
  assert.equal(it.last.url, "ws://x/stream?resume=7&epoch=a%20b");
});

test("pauses grow to a limit, and begin anew after a good connection", async () => {
  const it = started(), pauses = [];
  for (let i = 0; i < 8; i++) {
    it.last.onclose();
    pauses.push(it.stream.phase.retryAt - it.world.now());
    await it.pass(pauses.at(-1));
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS]);
  it.greet();
  assert.equal(it.stream.phase.name, "live");
  it.last.onclose();
  assert.equal(it.stream.phase.retryAt - it.world.now(), FIRST_PAUSE_MS);
  assert.equal(it.stream.phase.name, "lost");
});

test("since when it is lost does not change with each try", async () => {
  const it = started();
  it.greet();
  await it.pass(100);
  it.last.onclose();
  const { since } = it.stream.phase;
  await it.pass(5000);
  it.last.onclose();
  assert.equal(it.stream.phase.since, since);
});

test("retry does not wait, and opens one socket only", () => {
  const it = started();
  it.last.onclose();
  it.stream.retry();
  it.stream.retry();
  assert.equal(it.sockets.length, 2);
});

test("subscriptions are counted, sent when greeted, and repeated", async () => {
  const it = started();
  const end = it.stream.subscribe("stat/backend/*"), other = it.stream.subscribe("stat/backend/*");
  assert.deepEqual(it.last.sent, []);
  it.greet();
  assert.deepEqual(it.last.sent, [["statSubscribe", "stat/backend/*"]]);
  end();
  end();
  assert.equal(it.last.sent.length, 1);
  it.last.onclose();
  await it.pass(1000);
  it.greet();
  assert.deepEqual(it.last.sent, [["statSubscribe", "stat/backend/*"]]);
  other();
  assert.deepEqual(it.last.sent[1], ["statUnsubscribe", "stat/backend/*"]);
});

test("a silent peer is asked, and left when it is dead", async () => {
  const it = started();
  it.greet();
  await it.pass(60000);
  assert.equal(it.sockets.length, 1, "it lives and has nothing to say");
  it.world.lives = false;
  const first = it.last;
  await it.pass(13000);
  assert.ok(first.closed);
  assert.ok(it.sockets.length > 1);
});

test("a socket that never opens is given up", async () => {
  const it = started();
  await it.pass(30000);
  assert.ok(it.sockets.length > 1);
  assert.ok(it.sockets[0].closed);
});

test("what an old socket still says is not heard", async () => {
  const it = started();
  const old = it.last;
  old.onclose();
  await it.pass(1000);
  old.onmessage?.({ data: JSON.stringify({ type: "status" }) });
  old.onclose?.();
  assert.equal(it.messages.length, 0);
  assert.equal(it.sockets.length, 2);
});

test("stopped is stopped", async () => {
  const it = started();
  it.greet();
  it.stream.stop();
  assert.ok(it.last.closed);
  await it.pass(60000);
  assert.equal(it.sockets.length, 1);
});
