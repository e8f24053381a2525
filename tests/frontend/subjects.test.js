import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { subjects } from "../../frontend/model/subjects.js";
import { run } from "./runs.js";

const charts = (state) => subjects(state).map(({ entries }) => entries.map(({ title }) => title));

test("all runs are on one chart, or each on its own", () => {
  const state = new State();
  state.merge([run("a"), run("b")]);
  assert.deepEqual(charts(state), [["a", "b"]]);
  state.look({ layout: "grid" });
  assert.deepEqual(charts(state), [["a"], ["b"]]);
});

test("without a run to draw there is one chart all the same, which says so", () => {
  const state = new State();
  for (const layout of ["overlay", "grid", "difference"]) {
    state.look({ layout });
    assert.deepEqual(charts(state), [[]]);
  }
});
