import assert from "node:assert/strict";
import { test } from "node:test";

import { State } from "../../frontend/model/state.js";
import { CATALOG, run } from "./runs.js";

const named = (id, name, spec = {}) => run(id, { name, ...spec });

test("runs of one title are told apart by as little of their ids as does it", () => {
  const state = new State();
  state.merge([
    named("3f2a1111-0", "same"),
    named("3f2a2222-0", "same"),
    named("77771111-0", "same"),
    named("88881111-0", "other"),
  ]);
  const told = () => state.listed().map((one) => state.distinct(one)).reverse();
  assert.deepEqual(told(), ["same · 3f2a1111", "same · 3f2a2222", "same · 7777", "other"]);
  state.forget(["3f2a1111-0"]);
  assert.deepEqual(told(), ["same · 3f2a", "same · 7777", "other"]);
  state.merge([{ id: "77771111-0", spec: { ...state.runs.get("77771111-0").spec, name: "other" } }]);
  assert.deepEqual(told(), ["same", "other · 7777", "other · 8888"]);
});

test("titles that the catalog tells apart need no ids", () => {
  const state = new State();
  state.merge([named("11110000", null), named("22220000", null, { seed: 3 })]);
  const told = () => state.listed().map((one) => state.distinct(one)).reverse();
  assert.deepEqual(told(), ["clamp · sgd · lr 1e-6 · 1111", "clamp · sgd · lr 1e-6 · 2222"]);
  state.set({ catalog: CATALOG });
  assert.deepEqual(told(), ["clamp · sgd · lr 1e-6", "clamp · sgd · lr 1e-6 · seed 3"]);
});

test("of a group it is known how many runs are in it, as they come, change and go", () => {
  const state = new State();
  state.merge([run("a"), run("b"), run("c", { relu: "relu" })]);
  assert.equal(state.inGroup('relu="clamp"'), 2);
  state.merge([run("d")]);
  state.merge([{ id: "c", spec: { ...state.runs.get("c").spec, relu: "clamp" } }]);
  assert.equal(state.inGroup('relu="clamp"'), 4);
  assert.equal(state.inGroup('relu="relu"'), 0);
  state.forget(["a"]);
  assert.equal(state.inGroup('relu="clamp"'), 3);
  assert.equal(state.inGroup('status="finished"'), 3);
});
