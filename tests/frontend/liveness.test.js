import assert from "node:assert/strict";
import { test } from "node:test";

import { Liveness } from "../../frontend/model/liveness.js";

const state = (...runs) => ({
  runs: new Map(runs.map(([iteration, , rate], i) => [`${i}`, { iteration, rate, status: "running" }])),
  traces: new Map(runs.map(([, length], i) => [`${i}`, { length }])),
});

test("what is under way is not missing", () => {
  const liveness = new Liveness();
  assert.equal(liveness.caughtUp(state([500, 400, null], [10, 20, 100])), null);
  assert.equal(liveness.caughtUp(state([60_000, 10_000, 50_000])), null);
});

test("of a run that trains no more nothing is under way, however quick it was", () => {
  const ended = state([60_000, 30_000, 50_000]);
  ended.runs.get("0").status = "finished";
  assert.equal(new Liveness().caughtUp(ended), 0);
});

test("who is behind is told what share has come since", () => {
  const liveness = new Liveness();
  assert.equal(liveness.caughtUp(state([100_000, 20_000, null])), 0);
  assert.equal(liveness.caughtUp(state([100_000, 80_000, null])), 0.75);
  assert.equal(liveness.caughtUp(state([100_000, 99_500, null])), null);
  assert.equal(liveness.caughtUp(state([200_000, 150_000, null])), 0);
});
