import assert from "node:assert/strict";
import { test } from "node:test";

import { differing } from "../../frontend/model/differing.js";
import { fields } from "../../frontend/model/fields.js";
import { settings } from "../../frontend/model/words.js";
import { CATALOG, run } from "./runs.js";

const FIELDS = fields(CATALOG).filter((field) => field.isSetting && field.name !== "name");
const NAMES = FIELDS.map(({ name }) => name);
const of = (...runs) => [...differing(runs, NAMES)];

test("runs that are alike differ in nothing, and so does one alone, and none", () => {
  assert.deepEqual(of(), []);
  assert.deepEqual(of(run("one")), []);
  assert.deepEqual(of(run("one", { tags: ["a"] }), run("two", { tags: ["a"] })), []);
});

test("a setting differs where one run has another value, or has none", () => {
  const sgd = run("sgd", { update: { rule: "sgd", lr: 1e-6, momentum: 0 } });
  const adam = run("adam", { update: { rule: "adam", lr: 1e-6, beta1: 0.9 }, seed: 3 });
  assert.deepEqual(of(sgd, sgd, adam), ["rule", "update.momentum", "update.beta1", "seed"]);
});

test("what differs is told in the catalog's order, and nothing else", () => {
  const sgd = run("sgd", { update: { rule: "sgd", lr: 1e-6, nesterov: true }, hidden: 20, seed: 3 });
  const found = new Set(["seed", "hidden", "lr", "relu", "update.beta1", "update.nesterov"]);
  const told = settings(sgd, FIELDS.filter(({ name }) => found.has(name)));
  assert.equal(told, "clamp · lr 1e-6 · nesterov · H 20 · seed 3");
});
