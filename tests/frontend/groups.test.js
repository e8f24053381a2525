import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL_BUT_SEED, groups, groupTitle, spread } from "../../frontend/model/groups.js";

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
  assert.match(groupTitle(found[0].runs, ALL_BUT_SEED, null), /\(2 runs\)$/);
});

test("a group's spread is that of the losses which are numbers; the others are counted", () => {
  const losses = [1, null, "NaN", 3, "Infinity", 8];
  const all = spread(losses.map((loss) => ({ loss })));
  assert.deepEqual(all, { finite: 3, notFinite: 2, mean: 4, least: 1, most: 8 });
  const huge = spread([{ loss: 1.5e308 }, { loss: 1.5e308 }]);
  assert.equal(huge.mean, 1.5e308);
  assert.ok(Number.isNaN(spread([{ loss: "NaN" }, { loss: null }]).mean));
});
