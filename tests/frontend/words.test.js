import assert from "node:assert/strict";
import { test } from "node:test";

import { choices } from "../../frontend/model/words.js";

const SCHEMA = {
  properties: {
    name: { default: null },
    relu: { default: "clamp" },
    n: { title: "N", default: 64 },
    d_in: { title: "D_in", default: 1000 },
    iterations: { title: "Iterations", default: 500 },
    seed: { title: "Seed", default: 0 },
    dtype: { title: "Data type", default: "float32" },
    pace: { default: null },
  },
};

const USUAL = { n: 64, d_in: 1000, iterations: 500, seed: 0, dtype: "float32" };

const told = (fields) =>
  choices({ spec: { relu: "relu", update: { rule: "sgd", lr: 1e-6 }, ...USUAL, ...fields } }, SCHEMA);

test("a run is told by its ReLU, its rule and the rule's hyperparameters", () => {
  assert.equal(told({}), "relu · sgd · lr 1e-6");
});

test("a hyperparameter is told as it was meant", () => {
  assert.equal(told({ update: { rule: "sgd", lr: (1e-6 * 5) / 4 } }), "relu · sgd · lr 1.25e-6");
  assert.equal(told({ seed: 2 ** 53 - 1 }), "relu · sgd · lr 1e-6 · seed 9007199254740991");
});

test("what is not as by default tells it from others", () => {
  assert.equal(
    told({ n: 8, d_in: 20, seed: 3, iterations: 1000, dtype: "float64" }),
    "relu · sgd · lr 1e-6 · N 8 · D_in 20 · iterations 1000 · seed 3 · float64",
  );
});

test("what is of no matter to the curve is not told", () => {
  assert.equal(told({ name: "mine", pace: 50 }), "relu · sgd · lr 1e-6");
});
