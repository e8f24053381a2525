import assert from "node:assert/strict";
import { test } from "node:test";

import { SHOWN_AT_FIRST } from "../../frontend/model/shown.js";
import { State } from "../../frontend/model/state.js";
import { run } from "./runs.js";

const ids = (runs) => runs.map(({ id }) => id);

test("of very many runs, the newest are shown at first", () => {
  const state = new State();
  const many = Array.from({ length: SHOWN_AT_FIRST + 6 }, (_, i) => run(`run ${i}`));
  state.merge(many);
  const shown = ids(state.shown());
  assert.equal(shown.length, SHOWN_AT_FIRST);
  assert.ok(shown.includes(`run ${SHOWN_AT_FIRST + 5}`));
  assert.ok(!shown.includes("run 0"));
});

test("a run that makes room for a newer one is not wanted any more", () => {
  const state = new State();
  for (let i = 0; i < 2 * SHOWN_AT_FIRST; i++) state.merge([run(`run ${i}`)]);
  assert.deepEqual(
    Object.keys(state.cursors()),
    Array.from({ length: SHOWN_AT_FIRST }, (_, i) => `run ${SHOWN_AT_FIRST + i}`),
  );
});

/** A state that shows as many runs as it does by itself; those of the given numbers have ended. */
function full(ended) {
  const state = new State();
  const status = (i) => (ended.includes(i) ? "finished" : "running");
  state.merge(Array.from({ length: SHOWN_AT_FIRST }, (_, i) => run(`${i}`, {}, { status: status(i) })));
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

test("no more runs are on the charts than can be watched: the newest of those chosen, which is said", () => {
  const state = new State();
  state.set({ catalog: { limits: { watched_runs: 13 } } });
  const many = Array.from({ length: 30 }, (_, i) => run(`${i}`));
  state.merge(many);
  assert.equal(state.shown().length, 10);
  state.solo(["0", "1"]);
  assert.equal(state.notice, "");
  state.show(ids(many.slice(0, 20)));
  assert.deepEqual(ids(state.shown()), ids(many.slice(10, 20)));
  assert.deepEqual([...state.view.runs].sort(), ids(many.slice(10, 20)));
  assert.match(state.notice, /^At most 10 runs .* 20 chosen/);
  state.look({ pair: ["0", "1"], run: "2" });
  assert.equal(Object.keys(state.cursors()).length, 13);
});

test("before the catalog is there as many are watched as in any case, and none is given up", () => {
  const state = new State();
  const many = Array.from({ length: 90 }, (_, i) => run(`${i}`));
  state.look({ runs: ids(many) });
  state.merge(many);
  assert.equal(state.view.runs.length, 90);
  state.merge([run("new")]);
  assert.equal(Object.keys(state.cursors()).length, SHOWN_AT_FIRST);
  assert.deepEqual(ids(many).filter((id) => !state.view.runs.includes(id)), ["26"], "which has ended, and made room");
  state.set({ catalog: { limits: { watched_runs: 1000 } } });
  assert.equal(Object.keys(state.cursors()).length, 90);
  assert.equal(state.notice, "");
});
