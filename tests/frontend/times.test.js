import assert from "node:assert/strict";
import { test } from "node:test";

import { Times } from "../../frontend/model/times.js";

function marked(...marks) {
  const times = new Times();
  times.begin(100);
  for (const [count, at] of marks) times.mark(count, at);
  return times;
}

test("an iteration was done where the line between two marks says", () => {
  const times = marked([10, 101], [20, 103]);
  assert.equal(times.of(9), 101);
  assert.equal(times.of(4), 100.5);
  assert.equal(times.of(19), 103);
  assert.equal(times.of(14), 102);
});

test("from a time to the iteration and back", () => {
  const times = marked([10, 101], [20, 103], [21, 120]);
  for (const i of [0, 3.5, 9, 12, 19, 20]) assert.ok(Math.abs(times.iteration(times.of(i)) - i) < 1e-9, `${i}`);
});

test("marks that bring nothing new are passed over", () => {
  const times = marked([10, 101], [10, 105], [7, 106]);
  assert.equal(times.stop, 10);
  assert.equal(times.of(9), 101);
});

test("many iterations at once after a while are to be asked for", () => {
  const times = marked([10, 101]);
  times.correct([10], [101]);
  assert.ok(times.isTold);
  times.mark(11, 180);
  assert.ok(times.isTold);
  times.mark(500, 190);
  assert.ok(!times.isTold);
});

test("what somebody knows better takes the place of what was guessed, up to its last", () => {
  const times = marked([100, 110], [200, 120]);
  times.correct([50, 100], [101, 110]);
  assert.equal(times.of(49), 101);
  assert.equal(times.of(199), 120);
  assert.ok(times.isTold);
});

test("marks are few, however long a run is, and the newest stays", () => {
  const times = new Times();
  times.begin(0);
  for (let i = 1; i <= 50_000; i++) times.mark(i * 10, i);
  assert.equal(times.of(499_999), 50_000);
  assert.ok(Math.abs(times.of(250_000) - 25_000) < 1);
});
