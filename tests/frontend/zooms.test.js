import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { ALL, DIFFERENCE } from "../../frontend/model/zooms.js";
import { run } from "./runs.js";

const VIEW = { x: [3, 9], y: [0, 1] };

test("a zoom is kept while one of its runs is shown, and no longer", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.zoom(ALL, VIEW);
  state.forget(["a"]);
  assert.deepEqual(state.view.zooms[ALL].x, [3, 9]);
  state.merge([run("c")]);
  state.hide(["b"]);
  assert.equal(state.isZoomed, false);
});

test("a zoom changes in what the person has changed", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, VIEW);
  state.zoom(ALL, { y: [0, 2] });
  assert.deepEqual(state.view.zooms[ALL], { x: [3, 9], y: [0, 2] });
  state.zoom(ALL, { x: null });
  assert.deepEqual(state.view.zooms[ALL].y, [0, 2]);
  state.zoom(ALL, { y: null });
  assert.equal(state.isZoomed, false);
});

test("where the axis counts something else, what was seen of it is no more", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, VIEW);
  state.look({ x: "seconds" });
  assert.deepEqual(state.view.zooms[ALL], { x: null, y: [0, 1] });
});

test("all is shown again on the charts that are seen", () => {
  const state = new State();
  state.merge([run("a")]);
  state.zoom(ALL, { y: [0, 1] });
  state.look({ layout: "grid" });
  assert.equal(state.isZoomed, false);
  state.zoom("a", { y: [2, 3] });
  state.zoom(DIFFERENCE, { y: [4, 5] });
  state.showAll();
  assert.deepEqual(Object.keys(state.view.zooms), [ALL, DIFFERENCE]);
});

test("charts side by side are zoomed together along the axis across, and each for itself up", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  state.look({ layout: "grid" });
  state.zoom("a", VIEW);
  assert.deepEqual(state.zoomOf("a"), VIEW);
  assert.deepEqual(state.zoomOf("b"), { x: VIEW.x, y: null });
  state.look({ layout: "overlay" });
  assert.deepEqual(state.zoomOf(ALL), { x: VIEW.x, y: null });
  assert.deepEqual(state.zoomOf(DIFFERENCE), { x: null, y: null });
  state.showAll();
  assert.deepEqual(state.zoomOf("a"), { x: null, y: VIEW.y });
});

/** A grid of the runs a, b and c. */
function grid(looks) {
  const state = new State();
  state.merge([run("a"), run("b", { relu: "relu" }), run("c")]);
  state.look({ layout: "grid", ...looks });
  return state;
}

test("where the run is hidden whose chart was zoomed, what charts have in common stays", () => {
  for (const away of [(state) => state.hide(["a"]), (state) => state.solo(["b"]), (state) => state.forget(["a"])]) {
    const shared = grid({ axes: "shared" });
    shared.zoom(ALL, VIEW);
    away(shared);
    assert.deepEqual(shared.zoomOf(ALL), VIEW);
    const own = grid({ axes: "own" });
    own.zoom("a", VIEW);
    own.zoom("b", { y: [7, 8] });
    away(own);
    assert.deepEqual(own.zoomOf("b"), { x: VIEW.x, y: [7, 8] });
    assert.deepEqual(Object.keys(own.view.zooms), [ALL, "b"]);
  }
});

test("a group's chart is zoomed as long as one of its runs is shown, and seen while they are taken together", () => {
  const key = 'relu="clamp"';
  const state = grid({ group: "relu" });
  state.zoom(key, { y: [2, 3] });
  state.hide(["a"]);
  assert.deepEqual(state.zoomOf(key).y, [2, 3]);
  state.look({ group: "" });
  assert.equal(state.isZoomed, false);
  state.look({ group: "relu" });
  assert.equal(state.isZoomed, true);
  state.hide(["c"]);
  assert.deepEqual(state.view.zooms, {});
});

test("zooms of an address are those of the runs that are shown with it", () => {
  const state = new State();
  state.look({ layout: "grid", zooms: { a: { x: null, y: [1, 2] }, [ALL]: { x: [3, 9], y: null } } });
  state.look({ runs: ["a", "b"] });
  state.merge([run("a")], false);
  state.forget(["gone"]);
  state.merge([run("b")]);
  assert.deepEqual(Object.keys(state.view.zooms), ["a", ALL]);
  state.solo(["b"]);
  assert.deepEqual(Object.keys(state.view.zooms), [ALL]);
  state.merge([run("c")]);
  state.solo(["c"]);
  assert.deepEqual(state.view.zooms, {});
});

test("who follows keeps the zooms that are shown, whichever runs are there", () => {
  const state = grid({ follow: "abcdef" });
  state.look({ zooms: { a: { x: null, y: [1, 2] } }, runs: ["a"] });
  state.look({ runs: ["b"] });
  assert.deepEqual(Object.keys(state.view.zooms), ["a"]);
});
