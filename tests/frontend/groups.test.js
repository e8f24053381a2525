import assert from "node:assert/strict";
import { test } from "node:test";

import { band } from "../../frontend/draw/band.js";
import { ALL_BUT_SEED, groups, groupTitle, spread } from "../../frontend/model/groups.js";
import { State } from "../../frontend/model/state.js";
import { entries } from "../../frontend/model/subjects.js";
import { Trace } from "../../frontend/model/traces.js";
import { CATALOG, run as whole } from "./runs.js";
import { seeded, series, whole as between } from "./seeded.js";

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

const LOOK = { name: "mean", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const ITERATIONS = { place: (i) => i, iteration: (place) => place };

function trace(losses) {
  const made = new Trace();
  made.append({ id: "run", first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return made;
}

test("a band is the lowest and the highest at each iteration, the line their mean", () => {
  const { line, band: area } = band([trace([4, 2, 8]), trace([2, NaN])], LOOK, ITERATIONS, { x: null, points: 100, smoothing: 0 });
  assert.deepEqual([line.x, line.y], [[0, 1, 2], [3, 2, 8]]);
  assert.deepEqual([area.low, area.high], [[2, 2, 8], [4, 2, 8]]);
});

test("of long runs the band has every low and every high, and the mean is that of all losses", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seeded(seed);
    const length = between(random, 5000, 30_000);
    const all = [0, 1, 2].map(() => series(random, length, 0));
    const { line, band: area, every } = band(all.map(trace), LOOK, ITERATIONS, { x: null, points: 300, smoothing: 0 });
    assert.ok(every > 1 && line.x.length <= 300);
    const [lows, highs] = [Math.min(...area.low), Math.max(...area.high)];
    assert.equal(lows, Math.min(...all.map((one) => one.reduce((a, b) => Math.min(a, b), Infinity))));
    assert.equal(highs, Math.max(...all.map((one) => one.reduce((a, b) => Math.max(a, b), -Infinity))));
    const first = all.reduce((sum, one) => sum + one.subarray(0, every).reduce((a, b) => a + b, 0) / every, 0) / 3;
    assert.ok(Math.abs(line.y[0] - first) < 1e-9 * Math.max(1, Math.abs(first)));
  }
});
