import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { Happenings } from "../../frontend/wire/happenings.js";
import { Past } from "../../frontend/wire/past.js";

const CATALOG = { spec: {}, rules: [], channels: [{ name: "dead", number: 1 }, { name: "active", number: 2 }] };

const run = (id, every = 10) => ({
  id,
  spec: { update: { rule: "sgd" }, iterations: 1000, diagnostics_every: every },
  status: "running",
  iteration: 95,
  created_at: 1,
  forked_from: null,
});

function looking(at, ...runs) {
  const state = new State();
  state.set({ isCurrent: true, catalog: CATALOG });
  state.merge(runs);
  state.look({ run: at });
  return state;
}

/** A server that has measured so many iterations, a thousand to an answer in a test's patience. */
const serves = (done, every, asked) => async (id, start, stop) => {
  asked.push([id, start]);
  const iterations = [];
  for (let i = Math.ceil(start / every) * every; i < Math.min(stop, done); i += every) iterations.push(i);
  return { iterations, channels: { dead: iterations.map(() => 0.5), active: iterations.map(() => "NaN") } };
};
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test("what was measured is fetched once; from there on the socket is asked, with the channels", async () => {
  const asked = [];
  const state = looking("a", run("a"));
  state.traces.get("a").append({ id: "a", first: 0, losses: new Float64Array(120), producedAt: 1 });
  const past = new Past(state, serves(95, 10, asked));
  assert.deepEqual([state.measured, state.cursors()], ["", { a: 120 }]);
  past.look();
  past.look();
  await settle();
  past.look();
  assert.deepEqual(asked, [["a", 0]]);
  assert.equal(state.measured, "a");
  assert.deepEqual(state.cursors(), { a: 91 }, "losses come once more with what was measured beside them");
  assert.deepEqual([...state.rows.channels.get(2).values], Array(10).fill(NaN));
  state.rows.take(1, [100, 110], [1, 1]);
  state.rows.take(2, [100, 110], [1, 1]);
  assert.deepEqual(state.cursors(), { a: 111 });
});

test("a long past is fetched in pieces, and no more than its newest part", async () => {
  const asked = [];
  const state = looking("a", { ...run("a", 1), iteration: 25_000 });
  new Past(state, serves(25_000, 1, asked)).look();
  for (let i = 0; i < 5; i++) await settle();
  assert.deepEqual(asked, [["a", 0], ["a", 10_000], ["a", 20_000]]);
  assert.equal(state.measured, "a");

  const long = looking("b", { ...run("b", 1), iteration: 5_000_000 });
  new Past(long, serves(5_000_000, 1, asked)).look();
  for (let i = 0; i < 30; i++) await settle();
  assert.equal(long.rows.begin, 4_800_000);
  assert.equal(long.measured, "b");
});

test("another run close up, or a rewind, begins anew; what comes late of the old one is left out", async () => {
  let answer = () => {};
  const state = looking("a", run("a"), { ...run("b"), created_at: 2 });
  const past = new Past(state, () => new Promise((resolve) => (answer = resolve)));
  past.look();
  state.look({ run: "b" });
  answer({ iterations: [0], channels: { dead: [1], active: [1] } });
  await settle();
  assert.deepEqual([state.rows.id, state.rows.channels.size, state.measured], ["b", 0, ""]);
  past.look();
  answer({ iterations: [0], channels: { dead: [1], active: [1] } });
  await settle();
  assert.equal(state.measured, "b");
  state.rewind("b");
  assert.deepEqual([state.rows.channels.size, state.measured], [0, ""]);
  state.forget(["b"]);
  assert.deepEqual([state.rows, state.view.run], [null, ""]);
});

test("of a run that measures nothing nothing is asked", () => {
  const asked = [];
  const state = looking("a", run("a", 0));
  new Past(state, serves(100, 10, asked)).look();
  assert.deepEqual([asked, state.measured], [[], ""]);
});

test("events of the run close up and of those shown are in the state, and leave it with them", async () => {
  const asked = [];
  const state = looking("b", run("a"), { ...run("b"), created_at: 2 });
  state.solo(["a"]);
  let now = 0;
  const get = async (id) => {
    asked.push(id);
    return { events: [{ iteration: 0, at: 1, kind: "running", reason: null, changes: null }] };
  };
  const happenings = new Happenings(state, get, () => now);
  let changes = 0;
  state.subscribe(() => changes++);
  happenings.look();
  await settle();
  assert.deepEqual([asked, [...state.events.keys()], changes], [["b"], ["b"], 1]);
  now = 300;
  happenings.look();
  await settle();
  assert.deepEqual(asked, ["b", "a"]);
  state.look({ run: "" });
  happenings.look();
  assert.deepEqual([...state.events.keys()], ["a"]);
  state.set({ isCurrent: false });
  happenings.look();
  now = 10_000;
  state.set({ isCurrent: true });
  happenings.look();
  assert.deepEqual(asked, ["b", "a", "a"], "after a new connection, once its list is whole");
  state.set({ isCurrent: false });
  happenings.look();
});
