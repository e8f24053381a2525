import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Live } from "../../frontend/wire/live.js";

/** A socket whose server is the test. */
class Socket {
  static OPEN = 1;
  readyState = 0;
  sent = [];

  constructor() {
    sockets.push(this);
  }

  open() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  tell(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  close() {
    this.readyState = 3;
    this.onclose();
  }

  /** What was sent of one type since it was last asked. */
  took(type) {
    const taken = this.sent.filter((message) => message.type === type);
    this.sent = this.sent.filter((message) => message.type !== type);
    return taken.map(({ runs }) => runs);
  }
}

let sockets = [];
let cursors = {};
let told = [];
let blocks = [];
let rows = [];
let measured = "";
let problems = [];
let clock = null;
let woken = () => {};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1e12 });
  [sockets, cursors, told, blocks, problems] = [[], {}, [], [], []];
  [rows, measured] = [[], ""];
  Object.assign(globalThis, {
    WebSocket: Socket,
    window: { addEventListener: () => {} },
    document: {
      baseURI: "http://127.0.0.1/",
      visibilityState: "visible",
      addEventListener: (_, listener) => (woken = listener),
    },
  });
});

function connected() {
  const live = new Live({
    onConnection: (connection) => told.push(connection),
    onRuns: () => {},
    onAll: (ids) => told.push([...ids]),
    onGone: (ids) => told.push({ gone: ids }),
    onRewind: (ids) => told.push({ rewind: ids }),
    onBlock: (block) => blocks.push(block),
    onRows: (block) => rows.push(block),
    onError: () => {},
    onStore: (problem) => problems.push(problem),
    onClock: (offset) => (clock = offset),
    wanted: () => cursors,
    measured: () => measured,
  });
  sockets[0].open();
  return live;
}

const pong = (socket) => socket.tell({ type: "pong", t: 0, now: 0 });

test("what is wanted is asked for once, and given up once it is not", () => {
  cursors = { a: 3 };
  const live = connected();
  const [socket] = sockets;
  assert.deepEqual(socket.took("watch"), [{ a: 3 }]);

  live.follow({ a: 5, b: 0 });
  live.follow({ a: 7, b: 2 });
  assert.deepEqual([socket.took("watch"), socket.took("unwatch")], [[{ b: 0 }], []]);

  live.follow({ b: 2 });
  assert.deepEqual([socket.took("watch"), socket.took("unwatch")], [[], [["a"]]]);
});

test("very many runs are named in messages that the server reads", () => {
  const id = (n) => `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  cursors = Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [id(n), 2 ** 53]));
  const live = connected();
  const [socket] = sockets;
  live.follow({});
  const named = socket.sent.filter(({ type }) => type === "watch" || type === "unwatch");
  for (const message of named) assert.ok(JSON.stringify(message).length < 32 * 1024);
  assert.deepEqual(Object.assign({}, ...socket.took("watch")), cursors);
  assert.deepEqual(socket.took("unwatch").flat(), Object.keys(cursors));
});

test("a run of which the page has more than is true is told of, and followed from its start", () => {
  cursors = { a: 30 };
  const live = connected();
  const [socket] = sockets;
  socket.tell({ type: "rewind", runs: { a: 12 } });
  assert.deepEqual(told.at(-1), { rewind: ["a"] });

  socket.took("watch");
  cursors = { a: 0 };
  live.followAnew("a");
  assert.deepEqual(socket.took("watch"), [{ a: 0 }]);
});

test("diagnostics are not asked for of other runs than the one close up, and told of apart from losses", () => {
  cursors = { a: 0 };
  connected();
  const [socket] = sockets;
  assert.deepEqual(
    socket.sent.filter(({ type }) => type === "watch"),
    [{ type: "watch", runs: { a: 0 }, channels: [] }],
  );
  const message = new DataView(new ArrayBuffer(2 * 40 + 16 + 8));
  const losses = 40 + 16;
  for (const [at, kind] of [
    [0, 2],
    [losses, 1],
  ]) {
    message.setUint8(at, 1);
    message.setUint8(at + 1, kind);
    message.setUint32(at + 4, 1, true);
  }
  message.setFloat64(losses + 40, 2.5, true);
  socket.onmessage({ data: message.buffer });
  assert.deepEqual(
    blocks.map((block) => [...block.losses]),
    [[2.5]],
  );
  assert.equal(rows.length, 1);
});

test("the run close up is watched with its channels, from where the copy of them ends, and without them again", () => {
  cursors = { a: 30, b: 7 };
  const live = connected();
  const [socket] = sockets;
  const watches = () => {
    const sent = socket.sent.filter(({ type }) => type === "watch");
    socket.sent = [];
    return sent.map(({ runs, channels }) => [runs, channels]);
  };
  assert.deepEqual(watches(), [[{ a: 30, b: 7 }, []]]);
  measured = "a";
  live.follow({ a: 21, b: 9 });
  live.follow({ a: 25, b: 9 });
  assert.deepEqual(watches(), [[{ a: 21 }, undefined]]);
  cursors = { a: 26, b: 9 };
  live.followAnew("a");
  assert.deepEqual(watches(), [[{ a: 26 }, undefined]]);
  measured = "b";
  live.follow({ a: 40, b: 8 });
  assert.deepEqual(watches(), [[{ a: 40 }, []], [{ b: 8 }, undefined]]);
});

test("on a new connection the run close up is asked for with its channels", () => {
  cursors = { a: 3, b: 4 };
  measured = "b";
  connected();
  sockets[0].close();
  mock.timers.tick(1000);
  sockets[1].open();
  assert.deepEqual(sockets[1].took("watch"), [{ a: 3 }, { b: 4 }]);
});

test("however many runs come and go, no more are watched than are wanted", () => {
  const live = connected();
  const watched = new Set();
  for (let i = 0; i < 3000; i++) {
    live.follow(Object.fromEntries(Array.from({ length: 64 }, (_, k) => [`run ${i + k}`, 0])));
    for (const runs of sockets[0].took("unwatch")) runs.forEach((id) => watched.delete(id));
    for (const runs of sockets[0].took("watch")) Object.keys(runs).forEach((id) => watched.add(id));
    assert.ok(watched.size === 64);
  }
});

test("on a new connection all is asked for again, from where the copies end", () => {
  cursors = { a: 3 };
  connected();
  cursors = { a: 40, b: 0 };
  sockets[0].close();
  mock.timers.tick(1000);
  sockets[1].open();
  assert.deepEqual(sockets[1].took("watch"), [{ a: 40, b: 0 }]);
});

test("that runs cannot be stored is told, and that they can be again", () => {
  connected();
  sockets[0].tell({ type: "store", problem: "disk full" });
  sockets[0].tell({ type: "store", problem: null });
  assert.deepEqual(problems, ["disk full", null]);
});

test("what is wrong with the store is known as long as the connection lasts", () => {
  connected();
  sockets[0].tell({ type: "store", problem: "disk full" });
  sockets[0].close();
  assert.deepEqual(problems, ["disk full", null]);
  mock.timers.tick(1000);
  sockets[1].open();
  sockets[1].tell({ type: "store", problem: "disk full" });
  mock.timers.tick(5000); // the next ping
  mock.timers.tick(12_000);
  assert.deepEqual(problems.slice(2), ["disk full", null]);
});

test("a run that is sent from elsewhere is asked for anew", () => {
  cursors = { a: 3, b: 1 };
  const live = connected();
  sockets[0].took("watch");
  live.followAnew("a");
  assert.deepEqual(sockets[0].took("watch"), [{ a: 3 }]);
});

test("without a connection nothing is sent, and it stays offline while it tries", () => {
  const live = connected();
  sockets[0].close();
  live.follow({ a: 0 });
  for (let i = 1; i < 6; i++) {
    mock.timers.tick(7000);
    sockets[i].close();
  }
  assert.deepEqual([...new Set(told)], ["connected", "offline"]);
});

test("it tries again soon at first, and at least every few seconds in the end", () => {
  connected();
  const gaps = [];
  for (let gap = 0, tried = 1; gaps.length < 10; gap += 50) {
    if (sockets.at(-1).readyState !== 3) sockets.at(-1).close();
    mock.timers.tick(50);
    if (sockets.length === tried) continue;
    tried = sockets.length;
    gaps.push(gap);
    gap = 0;
  }
  assert.ok(gaps[0] < 500);
  assert.ok(Math.max(...gaps) <= 6500);
});

test("the server's clock is told by the quickest answer", () => {
  connected();
  let now = 0;
  mock.method(performance, "now", () => now);
  /** A pong whose ping was sent so long ago, from a server that is an hour ahead. */
  const pongAfter = (ms) => {
    const sent = { type: "pong", t: now, now: Date.now() / 1000 + 3600 };
    now += ms;
    mock.timers.setTime(Date.now() + ms);
    sockets[0].tell(sent);
  };
  const isAbout = (seconds) => assert.ok(Math.abs(clock - seconds) < 0.01, String(clock));
  pongAfter(1000);
  isAbout(3599.5);
  pongAfter(0);
  isAbout(3600);
  pongAfter(2000);
  isAbout(3600);
  mock.restoreAll();
});

test("a connection is kept while pings are answered, however late the clock runs", () => {
  let tick = () => {};
  mock.method(globalThis, "setInterval", (callback) => (tick = callback));
  connected();
  pong(sockets[0]);
  for (let minute = 0; minute < 10; minute++) {
    mock.timers.setTime(Date.now() + 60_000);
    tick();
    pong(sockets[0]);
  }
  mock.restoreAll();
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].took("ping").length, 11);
});

test("a connection that leaves a ping unanswered is given up", () => {
  connected();
  pong(sockets[0]);
  mock.timers.tick(5000); // the next ping
  mock.timers.tick(11_999);
  assert.equal(sockets.length, 1);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
  assert.equal(told.at(-1), "offline");
});

test("after a sleep the answer must come soon", () => {
  connected();
  pong(sockets[0]);
  woken();
  mock.timers.tick(2000);
  assert.equal(sockets.length, 2);
});

test("a socket that does not come to be is given up", () => {
  connected();
  sockets[0].close();
  mock.timers.tick(1000);
  mock.timers.tick(12_000);
  assert.equal(sockets.length, 3);
});

test("the list is whole when the server says so, over several messages", () => {
  connected();
  sockets[0].tell({ type: "runs", runs: [{ id: "a" }] });
  sockets[0].tell({ type: "runs", runs: [{ id: "b" }], complete: true });
  sockets[0].tell({ type: "runs", runs: [{ id: "c" }] });
  assert.deepEqual(told, ["connected", ["a", "b"]]);
});

test("runs that a new connection finds missing are told of together, once the list is complete", () => {
  connected();
  sockets[0].tell({ type: "gone", ids: ["lost", "also lost"] });
  sockets[0].tell({ type: "runs", runs: [{ id: "a" }, { id: "b" }] });
  sockets[0].tell({ type: "gone", ids: ["b"] });
  sockets[0].tell({ type: "runs", runs: [], complete: true });
  sockets[0].tell({ type: "gone", ids: ["a"] });
  assert.deepEqual(told, ["connected", { gone: ["b"] }, ["a"], { gone: ["a"] }]);
});
