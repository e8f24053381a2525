import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { present } from "../../frontend/present.js";
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

  of(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

let sockets = [];

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1e12 });
  sockets = [];
  Object.assign(globalThis, {
    WebSocket: Socket,
    window: { addEventListener: () => {}, setTimeout: (...given) => setTimeout(...given) },
    document: { baseURI: "http://127.0.0.1/", addEventListener: () => {} },
  });
});

function live(listener = {}) {
  const nothing = Object.fromEntries(
    ["onConnection", "onRuns", "onAll", "onGone", "onBlock", "onError", "onStore", "onClock"].map((name) => [
      name,
      () => {},
    ]),
  );
  return new Live({ ...nothing, wanted: () => ({}), measured: () => "", ...listener });
}

const SHOWN = { id: "abcdef", key: "k".repeat(32), view: { address: "", at: null } };

test("what is shown, and what is followed, is taken up on each connection anew", () => {
  const page = live();
  page.attend("fedcba"); // before there is a connection
  page.present(SHOWN);
  for (let i = 0; i < 3; i++) {
    sockets[i].open();
    assert.deepEqual(sockets[i].of("follow"), [{ type: "follow", id: "fedcba" }]);
    assert.deepEqual(sockets[i].of("present"), [{ type: "present", ...SHOWN }]);
    sockets[i].close();
    mock.timers.tick(7000);
  }
});

test("what was ended is not taken up again", () => {
  const page = live();
  sockets[0].open();
  page.attend("fedcba");
  page.present(SHOWN);
  page.attend("");
  page.present({ ...SHOWN, view: null });
  assert.deepEqual(sockets[0].of("follow").at(-1), { type: "follow", id: null });
  assert.equal(sockets[0].of("present").at(-1).view, null);
  sockets[0].close();
  mock.timers.tick(7000);
  sockets[1].open();
  assert.deepEqual([...sockets[1].of("follow"), ...sockets[1].of("present")], []);
});

test("views and followers are told", () => {
  const told = [];
  live({ onView: (view) => told.push(view), onFollowers: (followers) => told.push(followers) });
  sockets[0].open();
  const view = { type: "view", id: "fedcba", view: { at: 3 }, live: true, followers: 2 };
  sockets[0].tell(view);
  sockets[0].tell({ type: "presenting", id: "abcdef", followers: 5 });
  assert.deepEqual(told, [view, 5]);
});

/** A page that presents, and what it tells when. */
function presenter() {
  const state = new State();
  state.merge([]);
  state.set({ presentation: { id: "abcdef", key: "k".repeat(32), followers: 0 } });
  const told = [];
  let now = 0;
  mock.method(performance, "now", () => now);
  const tell = present(state, { present: ({ view }) => told.push(view.at) });
  const pass = (ms) => {
    now += ms;
    mock.timers.tick(ms);
  };
  const look = (at) => {
    state.look({ at });
    tell();
  };
  return { state, told, tell, look, pass };
}

test("each change is told at most ten times a second, and the last one always", () => {
  const { told, look, pass } = presenter();
  for (let at = 0; at < 100; at++) {
    look(at);
    pass(10);
  }
  pass(200);
  mock.restoreAll();
  assert.ok(told.length >= 9 && told.length <= 11, String(told.length));
  assert.equal(told.at(-1), 99);
});

test("what is as before, what nobody presents and what is not listed yet is not told", () => {
  const { state, told, tell, look, pass } = presenter();
  look(1);
  pass(500);
  look(1);
  state.look({ start: false }); // the page's own
  tell();
  pass(500);
  assert.deepEqual(told, [1]);
  state.set({ presentation: null });
  look(2);
  pass(500);
  assert.deepEqual(told, [1]);
  const early = new State();
  early.set({ presentation: { id: "abcdef", key: "k".repeat(32), followers: 0 } });
  present(early, { present: () => assert.fail("an empty page would be shown for a moment") })();
  pass(500);
  mock.restoreAll();
});
