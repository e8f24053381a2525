import assert from "node:assert/strict";
import { test } from "node:test";

import { choices } from "../../frontend/model/words.js";

const CATALOG = {
  spec: {
    properties: {
      name: { default: null },
      relu: { default: "clamp" },
      gradients: { title: "Gradients", default: "autograd" },
      n: { title: "N", default: 64 },
      d_in: { title: "D_in", default: 1000 },
      iterations: { title: "Iterations", default: 500 },
      seed: { title: "Seed", default: 0 },
      dtype: { title: "Data type", default: "float32" },
      pace: { default: null },
      diagnostics_every: { title: "Diagnostics every", default: 20 },
    },
  },
  rules: [
    {
      name: "sgd",
      schema: {
        properties: {
          rule: { default: "sgd" },
          lr: { default: 1e-6 },
          lr_w1: { default: null },
          momentum: { default: 0 },
          nesterov: { default: false },
        },
      },
    },
    { name: "muon", schema: { properties: { lr: { default: 1e-3 }, nesterov: { default: true } } } },
  ],
};

const SGD = { rule: "sgd", lr: 1e-6, lr_w1: null, momentum: 0, nesterov: false };

const USUAL = { n: 64, d_in: 1000, iterations: 500, seed: 0, dtype: "float32", gradients: "autograd" };

const run = (fields) => ({
  spec: { relu: "relu", update: SGD, ...USUAL, diagnostics_every: 20, pace: null, ...fields },
});

const told = (fields) => choices(run(fields), CATALOG);

test("a run is told by its ReLU, its rule and its learning rate", () => {
  assert.equal(told({}), "relu · sgd · lr 1e-6");
  assert.equal(choices(run({}), null), "relu · sgd · lr 1e-6");
});

test("hyperparameters are told that are not as by default", () => {
  const update = { ...SGD, lr_w1: 1e-7, momentum: 0.9, nesterov: true };
  assert.equal(told({ update }), "relu · sgd · lr 1e-6 · lr_w1 1e-7 · momentum 0.9 · nesterov");
  assert.equal(
    told({ update: { rule: "muon", lr: 1e-3, nesterov: false } }),
    "relu · muon · lr 1e-3 · no nesterov",
  );
});

test("a hyperparameter is told as it was meant", () => {
  assert.equal(told({ update: { ...SGD, lr: (1e-6 * 5) / 4 } }), "relu · sgd · lr 1.25e-6");
  assert.equal(told({ seed: 2 ** 53 - 1 }), "relu · sgd · lr 1e-6 · seed 9007199254740991");
});

test("what is not as by default tells it from others", () => {
  assert.equal(
    told({ n: 8, d_in: 20, seed: 3, iterations: 1000, dtype: "float64", gradients: "gram" }),
    "relu · sgd · lr 1e-6 · gram · N 8 · D_in 20 · iterations 1000 · seed 3 · float64",
  );
});

test("what is of no matter to the curve is not told", () => {
  assert.equal(told({ name: "mine", pace: 50, diagnostics_every: 0 }), "relu · sgd · lr 1e-6");
});
