import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL_BUT_SEED, groups, groupTitle, spread } from "../../frontend/model/groups.js";
import { State } from "../../frontend/model/state.js";
import { entries } from "../../frontend/model/subjects.js";
import { CATALOG, run as whole } from "./runs.js";

const run = (id, spec = {}, lr = 1e-6) => ({
  id,
  spec: { name: null, relu: "clamp", seed: 0, tags: [], iterations: 500, ...spec, update: { rule: "sgd", lr } },
});

const ids = (found) => found.map(({ runs }) => runs.map(({ id }) => id));

test("runs are taken together by a field's values, in the order in which they come", () => {
  const runs = [run("a"), run("b", { relu: "relu" }), run("c"), run("d", {}, 1e-7)];
  assert.deepEqual(ids(groups(runs, "relu")), [["a", "c", "d"], ["b"]]);
  assert.deepEqual(ids(groups(runs, "lr")), [["a", "b", "c"], ["d"]]);
});

test("runs of one question are those that are the same but for the seed", () => {
  const runs = [run("a", { seed: 1, name: "x" }), run("b", { seed: 2 }, 1e-7), run("c", { seed: 3, tags: ["t"] })];
  const found = groups(runs, ALL_BUT_SEED);
  assert.deepEqual(ids(found), [["a", "c"], ["b"]]);
  assert.ok(found.every(({ key }) => key.length < 40), found[0].key);
});

test("a group is called by what its runs have in common", () => {
  const state = new State();
  const called = (spec, field) => groupTitle({ runs: [whole("a", spec)] }, field, state);
  assert.equal(called({ relu: "relu" }, "relu"), "relu relu");
  assert.equal(called({ seed: 3 }, ALL_BUT_SEED), "clamp · sgd · lr 1e-6");
  state.set({ catalog: CATALOG });
  assert.equal(called({ relu: "relu" }, "relu"), "ReLU implementation relu");
  assert.equal(called({}, "lr"), "Learning rate 1e-6");
  assert.equal(called({ tags: ["a", "b"] }, "tags"), "Tags a, b");
  assert.equal(called({}, "tags"), "no Tags");
  assert.equal(called({ seed: 3 }, ALL_BUT_SEED), "clamp · sgd · lr 1e-6");
  assert.equal(called({}, "moons"), "moons");
});

test("the table and the charts call a group the same; a chart tells how many its runs are, too", () => {
  const state = new State();
  state.set({ catalog: CATALOG });
  state.merge([whole("a"), whole("b", { seed: 1 })]);
  state.look({ group: "relu" });
  assert.deepEqual(entries(state).map(({ title }) => title), ["ReLU implementation clamp (2 runs)"]);
});

test("a group's spread is that of the losses which are numbers; the others are counted", () => {
  const losses = [1, null, "NaN", 3, "Infinity", 8];
  const all = spread(losses.map((loss) => ({ loss })));
  assert.deepEqual(all, { finite: 3, notFinite: 2, mean: 4, least: 1, most: 8 });
  const huge = spread([{ loss: 1.5e308 }, { loss: 1.5e308 }]);
  assert.equal(huge.mean, 1.5e308);
  assert.ok(Number.isNaN(spread([{ loss: "NaN" }, { loss: null }]).mean));
});
