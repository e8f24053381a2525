import assert from "node:assert/strict";
import { test } from "node:test";

import { next, Order } from "../../frontend/model/sorting.js";
import { run } from "./runs.js";

const title = ({ spec }) => spec.name;
const sorted = (runs, sort) => [...runs].sort(new Order(sort, title).compare).map(({ id }) => id);

test("the newest comes first where nothing is asked for, and among those that are alike", () => {
  const runs = [run("old"), run("middle"), run("new")];
  assert.deepEqual(sorted(runs, ""), ["new", "middle", "old"]);
  assert.deepEqual(sorted(runs, "loss"), ["new", "middle", "old"]);
  assert.deepEqual(sorted(runs, "-loss"), ["new", "middle", "old"]);
});

test("what is not finite is worse than any number, and what is missing comes last either way", () => {
  const losses = { nan: "NaN", inf: "Infinity", none: null, small: 1e-9, large: 1e300, negative: -1 };
  const runs = Object.entries(losses).map(([id, loss]) => run(id, {}, { loss }));
  assert.deepEqual(sorted(runs, "loss"), ["negative", "small", "large", "inf", "nan", "none"]);
  assert.deepEqual(sorted(runs, "-loss"), ["nan", "inf", "large", "small", "negative", "none"]);
});

test("numbers are in order as numbers, in names too", () => {
  const runs = ["run 10", "Run 9", "run 1"].map((name) => run(name));
  assert.deepEqual(sorted(runs, "name"), ["run 1", "Run 9", "run 10"]);
  const rates = [1e-3, 5e-7, 1e-6].map((lr) => run(String(lr), { update: { rule: "sgd", lr } }));
  assert.deepEqual(sorted(rates, "-lr"), ["0.001", "0.000001", "5e-7"]);
});

test("a hyperparameter that a rule has not is missing", () => {
  const runs = [run("with", { update: { rule: "sgd", lr: 1, momentum: 0.9 } }), run("without")];
  for (const sort of ["update.momentum", "-update.momentum"])
    assert.deepEqual(sorted(runs, sort), ["with", "without"]);
});

test("a key that has changed is looked up again once that is told", () => {
  const [one, two] = [run("one", {}, { loss: 1 }), run("two", {}, { loss: 2 })];
  const order = new Order("loss", title);
  assert.ok(order.compare(one, two) < 0);
  one.loss = 3;
  order.forget("one");
  assert.ok(order.compare(one, two) > 0);
});

test("a column goes up, then down, then back to the newest", () => {
  assert.equal(next("", "loss"), "loss");
  assert.equal(next("loss", "loss"), "-loss");
  assert.equal(next("-loss", "loss"), "");
  assert.equal(next("-loss", "seed"), "seed");
});
