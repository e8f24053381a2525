import assert from "node:assert/strict";
import { test } from "node:test";

import { SHOWN_AT_FIRST, State } from "../../frontend/model/state.js";
import { canResume, hasEnded, isLive } from "../../frontend/model/states.js";
import { ALL, DIFFERENCE } from "../../frontend/model/zooms.js";

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

test("of very many runs, the newest are shown at first", () => {
  const state = new State();
  const many = Array.from({ length: SHOWN_AT_FIRST + 6 }, (_, i) => run(`run ${i}`));
  state.merge(many);
  const shown = ids(state.shown());
  assert.equal(shown.length, SHOWN_AT_FIRST);
  assert.ok(shown.includes(`run ${SHOWN_AT_FIRST + 5}`));
  assert.ok(!shown.includes("run 0"));
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

const VIEW = { x: [3, 9], y: [0, 1] };

test("a zoom is kept while one of its runs is shown, and no longer", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.zoom(ALL, VIEW, ["a", "b"]);
  state.forget(["a"]);
  assert.deepEqual(state.view.zooms[ALL].x, [3, 9]);
  state.merge([run("c")]);
  state.hide(["b"]);
  assert.equal(state.isZoomed, false);
});

test("a zoom changes in what the person has changed", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, VIEW, ["a"]);
  state.zoom(ALL, { y: [0, 2] }, ["a"]);
  assert.deepEqual(state.view.zooms[ALL], { x: [3, 9], y: [0, 2] });
  state.zoom(ALL, { x: null }, ["a"]);
  assert.deepEqual(state.view.zooms[ALL].y, [0, 2]);
  state.zoom(ALL, { y: null }, ["a"]);
  assert.equal(state.isZoomed, false);
});

test("where the axis counts something else, what was seen of it is no more", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, VIEW, ["a"]);
  state.look({ x: "seconds" });
  assert.deepEqual(state.view.zooms[ALL], { x: null, y: [0, 1] });
});

test("all is shown again on the charts that are seen", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, { y: [0, 1] }, ["a"]);
  state.look({ layout: "grid" });
  assert.equal(state.isZoomed, false);
  state.zoom("a", { y: [2, 3] }, ["a"]);
  state.zoom(DIFFERENCE, { y: [4, 5] }, ["a"]);
  state.showAll();
  assert.deepEqual(Object.keys(state.view.zooms), [ALL, DIFFERENCE]);
});

test("charts side by side are zoomed together along the axis across, and each for itself up", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.look({ layout: "grid" });
  state.zoom("a", VIEW, ["a"]);
  assert.deepEqual(state.zoomOf("a"), VIEW);
  assert.deepEqual(state.zoomOf("b"), { x: VIEW.x, y: null });
  state.look({ layout: "overlay" });
  assert.deepEqual(state.zoomOf(ALL), { x: VIEW.x, y: null });
  assert.deepEqual(state.zoomOf(DIFFERENCE), { x: null, y: null });
  state.showAll();
  assert.deepEqual(state.zoomOf("a"), { x: null, y: VIEW.y });
});

test("a run that makes room for a newer one is not wanted any more", () => {
  const state = new State();
  for (let i = 0; i < 2 * SHOWN_AT_FIRST; i++) state.merge([run(`run ${i}`, { status: "finished" })]);
  assert.deepEqual(
    Object.keys(state.cursors()),
    Array.from({ length: SHOWN_AT_FIRST }, (_, i) => `run ${SHOWN_AT_FIRST + i}`),
  );
});

/** A state that shows as many runs as it does by itself; those of the given numbers have ended. */
function full(ended) {
  const state = new State();
  const status = (i) => (ended.includes(i) ? "finished" : "running");
  state.merge(Array.from({ length: SHOWN_AT_FIRST }, (_, i) => run(`${i}`, { status: status(i) })));
  return state;
}

test("a new run takes the place of the oldest that has ended", () => {
  const state = full([7, 9]);
  state.merge([run("new")]);
  const shown = ids(state.shown());
  assert.ok(shown.includes("new") && shown.includes("9") && !shown.includes("7"));
  assert.equal(shown.length, SHOWN_AT_FIRST);
});

test("a new run takes no place of one that still trains", () => {
  const state = full([]);
  state.merge([run("new")]);
  assert.ok(!ids(state.shown()).includes("new"));
});

test("which are the newest is told when the list is whole, and not before", () => {
  const state = new State();
  const [old, gone, late] = [run("old"), run("gone"), run("late")];
  state.merge([old, gone], false);
  assert.deepEqual(state.cursors(), {});
  state.forget(["gone"]);
  state.merge([late], true);
  assert.deepEqual(ids(state.shown()), ["old", "late"]);
});

test("a new run takes the place of one that was interrupted, and of none that is paused", () => {
  const state = full([]);
  state.merge([{ id: "7", status: "paused" }, { id: "9", status: "interrupted" }]);
  state.merge([run("new")]);
  const shown = ids(state.shown());
  assert.ok(shown.includes("new") && shown.includes("7") && !shown.includes("9"));
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
