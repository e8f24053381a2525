import assert from "node:assert/strict";
import { test } from "node:test";

import { lines } from "../../frontend/draw/kink.js";
import { MOST_VALUES, common, count, put, told, values, weights } from "../../frontend/model/sweep.js";

test("values are parted by commas, and each comes once, in order", () => {
  assert.deepEqual(values("1e-7, 1e-6,1e-5", false), [1e-7, 1e-6, 1e-5]);
  assert.deepEqual(values(" 3 ", true), [3]);
  assert.deepEqual(values("2, 1, 2, 2.0", true), [2, 1]);
  assert.deepEqual(values("", true), []);
  assert.deepEqual(values(" , ,", true), []);
  assert.deepEqual(values("0.5,, 0.9,", false), [0.5, 0.9]);
});

test("what is no number is passed on as it was typed, for the server to say so", () => {
  assert.deepEqual(values("many, 1e999, NaN, 1.5", true), ["many", "1e999", "NaN", 1.5]);
});

test("whole numbers come as a range, too, up or down", () => {
  assert.deepEqual(values("0..3", true), [0, 1, 2, 3]);
  assert.deepEqual(values("2 .. 0, 9", true), [2, 1, 0, 9]);
  assert.deepEqual(values("-1..1", true), [-1, 0, 1]);
  assert.deepEqual(values("5..5", true), [5]);
  assert.deepEqual(values("0..3, 2..4", true), [0, 1, 2, 3, 4]);
});

test("a range is not of what is not whole, and none without its ends", () => {
  assert.deepEqual(values("0..3", false), ["0..3"]);
  assert.deepEqual(values("0.5..3, 1.., ..3, 1...3", true), ["0.5..3", "1..", "..3", "1...3"]);
});

test("a range of any length takes little, and counts as too long", () => {
  assert.equal(values("0..9007199254740991", true).length, MOST_VALUES + 1);
  assert.equal(values(`1..${MOST_VALUES}`, true).length, MOST_VALUES);
});

test("a grid asks for a run for each combination, and a grid of nothing for one", () => {
  assert.equal(count({ relu: ["clamp", "where"], "update.lr": [1e-7, 1e-6], seed: [0, 1, 2] }), 12);
  assert.equal(count({}), 1);
});

test("what tells a run from the others is told as the server does in names", () => {
  assert.equal(told({ "update.rule": "adam", "update.lr": 1e-6, seed: 3 }), "adam · lr 1e-6 · seed 3");
});

test("a value is put where its path leads", () => {
  const spec = { update: { rule: "sgd" } };
  put(spec, "update.lr", 1);
  put(spec, "relu", "where");
  put(spec, "other.inner", true);
  assert.deepEqual(spec, { update: { rule: "sgd", lr: 1 }, relu: "where", other: { inner: true } });
});

const LR = { type: "number", title: "Learning rate", description: "How far.", minimum: 0 };

test("what rules have in common keeps its default only where all have the same", () => {
  const sgd = { properties: { rule: { default: "sgd" }, lr: { ...LR, default: 1e-6 }, momentum: { type: "number" } } };
  const manual = { properties: { rule: { default: "manual" }, lr: { ...LR, default: 1e-6 } } };
  const adam = { properties: { rule: { default: "adam" }, lr: { ...LR, default: 1e-3 }, amsgrad: { type: "boolean" } } };
  assert.equal(common([sgd]), sgd);
  assert.equal(common([]), undefined);
  assert.deepEqual(common([sgd, manual]), { properties: { lr: { ...LR, default: 1e-6 } } });
  const { title, description } = LR;
  assert.deepEqual(common([sgd, manual, adam]), { properties: { lr: { title, description, type: "number" } } });
});

test("of what rules have in common, a yes or no that differs is none, and whole stays whole", () => {
  const one = { properties: { steps: { type: "integer", default: 5 }, look: { type: "boolean", default: true } } };
  const other = { properties: { steps: { type: "integer", default: 6 }, look: { type: "boolean", default: false } } };
  assert.deepEqual(common([one, other]), { properties: { steps: { title: "steps", description: "", type: "integer" } } });
  assert.deepEqual(common([one, { properties: {} }]), { properties: {} });
});

test("weights are counted from the sizes, from the fewest to the most", () => {
  const of = (sizes) => weights((path) => sizes[path]);
  assert.deepEqual(of({ d_in: [1000], hidden: [100], d_out: [10] }), [101_000, 101_000]);
  assert.deepEqual(of({ d_in: [1000, 10], hidden: [100, 50], d_out: [10] }), [1000, 101_000]);
  for (const wrong of [["many"], [0], [2.5], [undefined], [-1]])
    assert.equal(of({ d_in: [1000], hidden: wrong, d_out: [10] }), null);
});

const grid = Array.from({ length: 41 }, (_, i) => (i - 20) / 10);
const through = (f) => lines(grid.map((h) => [h, f(h)]));

test("a curve is one line where it is smooth, and bends", () => {
  for (const f of [Math.tanh, (h) => Math.max(h, 0), (h) => Math.log(1 + Math.exp(h)), (h) => h ** 3])
    assert.deepEqual(through(f).map((line) => line.length), [41]);
});

test("a curve is broken where it jumps, and where it is not finite", () => {
  assert.deepEqual(through((h) => (h > 0 ? 1 : 0)).map((line) => line.length), [21, 20]);
  assert.deepEqual(through((h) => (h === 0 ? NaN : h)).map((line) => line.length), [20, 20]);
  assert.deepEqual(through(() => Infinity), []);
});
