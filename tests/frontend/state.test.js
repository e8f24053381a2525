import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { write } from "../../frontend/model/view.js";
import { canResume, hasEnded, isLive } from "../../frontend/model/states.js";

let created = 0;

const run = (id, fields = {}) => ({
  id,
  spec: { name: null, relu: "clamp", update: { rule: "sgd", lr: 1e-6 }, iterations: 500 },
  status: "running",
  iteration: 0,
  created_at: ++created,
  ...fields,
});

const ids = (runs) => runs.map(({ id }) => id);

const block = (id, losses, producedAt = 0) => ({
  id,
  first: 0,
  losses: Float64Array.from(losses),
  producedAt,
});

test("new runs are listed newest first, and shown oldest first", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.merge([run("c")]);
  assert.deepEqual(ids(state.listed()), ["c", "b", "a"]);
  assert.deepEqual(ids(state.shown()), ["a", "b", "c"]);
});

test("a change is taken into the run; the rest of it stays", () => {
  const state = new State();
  state.merge([run("a", { iteration: 3 })]);
  state.merge([{ id: "a", status: "paused" }]);
  assert.equal(state.runs.get("a").status, "paused");
  assert.equal(state.runs.get("a").iteration, 3);
});

test("a change of a run that was never told of is passed over", () => {
  const state = new State();
  state.merge([{ id: "ghost", status: "paused" }]);
  assert.deepEqual(state.listed(), []);
});

test("a run keeps what the page has of its losses when it is told of anew", () => {
  const state = new State();
  state.merge([run("a")]);
  state.traces.get("a").append(block("a", [3, 2]));
  state.merge([run("a", { status: "finished" })]);
  assert.deepEqual(state.cursors(), { a: 2 });
});

test("a forgotten run leaves nothing behind", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.forget(["a", "never there"]);
  assert.deepEqual(ids(state.listed()), ["b"]);
  assert.deepEqual(state.cursors(), { b: 0 });
  assert.equal(state.placeOf("b"), 1);
});

test("what is seen names no run that is no more", () => {
  const state = new State();
  state.look({ runs: ["a0000000", "b0000000"] }); // as an address has them
  state.merge(["a", "b", "c"].map((id) => run(`${id}0000000-1`)));
  const [a, b] = ["a0000000-1", "b0000000-1"];
  state.look({ pair: [a, b], colours: { [a]: 5, [b]: 6 }, layout: "grid", run: a });
  state.zoom(a, { y: [0, 1] });
  state.zoom(b, { y: [0, 1] });
  state.forget([a]);
  const { pair, colours, zooms, runs } = state.view;
  assert.deepEqual({ pair, colours, runs, zooms: Object.keys(zooms) }, { pair: [], colours: { [b]: 6 }, runs: [b], zooms: [b] });
  assert.ok(!write(state.view).includes("a0000000"));
});

test("a hidden run gives its losses up, and starts over when it is shown again", () => {
  const state = new State();
  state.merge([run("a")]);
  state.traces.get("a").append(block("a", [3, 2]));
  state.hide(["a"]);
  assert.deepEqual(state.cursors(), {});
  assert.deepEqual(ids(state.shown()), []);
  assert.deepEqual(ids(state.listed()), ["a"]);
  state.show(["a"]);
  assert.deepEqual(state.cursors(), { a: 0 });
});

test("showing a run that is shown, or is no more, changes nothing", () => {
  const state = new State();
  state.merge([run("a")]);
  state.traces.get("a").append(block("a", [3]));
  state.show(["a"]);
  state.show(["ghost"]);
  assert.deepEqual(state.cursors(), { a: 1 });
});

test("a hidden run stays hidden when it is told of anew", () => {
  const state = new State();
  const a = run("a");
  state.merge([a]);
  state.hide(["a"]);
  state.merge([a]);
  assert.deepEqual(state.cursors(), {});
});

test("every run has a colour of its own, the oldest the first", () => {
  const state = new State();
  const [a, b, c] = [run("a"), run("b"), run("c")];
  state.merge([c, a, b]);
  assert.deepEqual(["a", "b", "c"].map((id) => state.placeOf(id)), [0, 1, 2]);
});

test("a colour that a deleted run had is given again; the others keep theirs", () => {
  const state = new State();
  state.merge([run("a"), run("b"), run("c")]);
  state.forget(["b"]);
  state.merge([run("d"), run("e")]);
  assert.deepEqual(["a", "c", "d", "e"].map((id) => state.placeOf(id)), [0, 2, 1, 3]);
});

test("listeners are told of every change", () => {
  const state = new State();
  let told = 0;
  state.subscribe(() => told++);
  state.merge([run("a")]);
  state.look({ scale: "linear" });
  state.hide(["a"]);
  state.show(["a"]);
  state.forget(["a"]);
  assert.equal(told, 5);
  assert.equal(state.view.scale, "linear");
});

test("the age is that of the newest loss of the runs that are running", () => {
  const state = new State();
  assert.equal(state.age(), null);
  state.merge([run("a"), run("b"), run("c")]);
  assert.equal(state.age(), null);
  const now = Date.now() / 1000;
  state.traces.get("a").append(block("a", [1], now - 60));
  state.traces.get("b").append(block("b", [1], now - 40));
  state.traces.get("c").append(block("c", [1], now - 20));
  state.merge([{ id: "c", status: "finished" }]);
  assert.ok(Math.abs(state.age() - 40) < 5);
});

test("the age is by the server's clock, and never less than nothing", () => {
  const state = new State();
  state.merge([run("a")]);
  state.traces.get("a").append(block("a", [1], Date.now() / 1000 + 100));
  assert.equal(state.age(), 0);
  state.clockOffset = 130;
  assert.ok(Math.abs(state.age() - 30) < 5);
});

test("a run is called by its name, or by what it does", () => {
  const state = new State();
  assert.equal(state.title(run("a")), "clamp · sgd · lr 1e-6");
  state.set({ catalog: { rules: [], spec: { properties: { seed: { title: "Seed", default: 0 } } } } });
  const named = run("b");
  named.spec.seed = 3;
  assert.equal(state.title(named), "clamp · sgd · lr 1e-6 · seed 3");
  named.spec.name = "mine";
  assert.equal(state.title(named), "mine");
  assert.equal(state.choices(named), "clamp · sgd · lr 1e-6 · seed 3");
});

test("of a run that is rewound the page has nothing, and wants all of it", () => {
  const state = new State();
  state.merge([run("a", { status: "running" })]);
  state.traces.get("a").append({ first: 0, losses: new Float64Array([3, 2, 1]), producedAt: 1 });
  state.rewind("a");
  state.rewind("none");
  assert.deepEqual(state.cursors(), { a: 0 });
});

test("a run that was interrupted goes on with what the page has of it", () => {
  const state = new State();
  state.merge([run("a", { iteration: 3, reason: null })]);
  state.traces.get("a").append(block("a", [5, 4, 3]));
  state.merge([run("a", { status: "interrupted", iteration: 1, reason: "cut off" })]);
  state.merge([{ id: "a", status: "queued", reason: null }]);
  assert.deepEqual(state.cursors(), { a: 3 });
  assert.equal(state.runs.get("a").iteration, 1);
});

test("a run is live, or can be resumed, or has ended", () => {
  const told = (status) => [isLive, canResume, hasEnded].map((is) => is(run("a", { status })));
  for (const status of ["queued", "running"]) assert.deepEqual(told(status), [true, false, false]);
  for (const status of ["paused", "interrupted"])
    assert.deepEqual(told(status), [false, true, false]);
  for (const status of ["finished", "stopped", "diverged", "failed"])
    assert.deepEqual(told(status), [false, false, true]);
});

test("what is wrong with the store is nothing at first", () => {
  const state = new State();
  assert.equal(state.storeProblem, null);
  state.set({ storeProblem: "disk full" });
  assert.equal(state.storeProblem, "disk full");
});

test("the list is sorted anew only where runs have come or gone", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  const listed = state.listed();
  state.merge([{ id: "a", status: "paused" }]);
  state.hide(["b"]);
  assert.equal(state.listed(), listed);
  state.merge([run("c")]);
  assert.deepEqual(ids(state.listed()), ["c", "b", "a"]);
  state.forget(["b"]);
  assert.deepEqual(ids(state.listed()), ["c", "a"]);
});
