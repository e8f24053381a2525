import assert from "node:assert/strict";
import { test } from "node:test";

import { Trace } from "../../frontend/model/traces.js";
import { seeded, series, whole } from "./seeded.js";

const block = (first, losses, producedAt = 0) => ({
  id: "run",
  first,
  losses: Float64Array.from(losses),
  producedAt,
});

test("a new trace is empty, and wants iteration 0", () => {
  const trace = new Trace();
  assert.equal(trace.length, 0);
  assert.deepEqual([...trace.values], []);
  assert.deepEqual([...trace.choose(0, Infinity, 100)], []);
});

test("blocks that follow on each other are joined", () => {
  const trace = new Trace();
  assert.ok(trace.append(block(0, [5, 4])));
  assert.ok(trace.append(block(2, [3])));
  assert.deepEqual([...trace.values], [5, 4, 3]);
  assert.equal(trace.length, 3);
  assert.equal(trace.at(2), 3);
});

test("what is there already is not appended again", () => {
  const trace = new Trace();
  trace.append(block(0, [5, 4, 3]));
  assert.ok(trace.append(block(1, [4, 3, 2])));
  assert.ok(trace.append(block(0, [5, 4, 3, 2])));
  assert.ok(trace.append(block(0, [5])));
  assert.deepEqual([...trace.values], [5, 4, 3, 2]);
});

test("a block after a gap is refused, and changes nothing", () => {
  const trace = new Trace();
  trace.append(block(0, [5], 10));
  assert.equal(trace.append(block(2, [3], 12)), false);
  assert.deepEqual([...trace.values], [5]);
  assert.equal(trace.producedAt, 10);
});

test("the newest loss tells how old the trace is", () => {
  const trace = new Trace();
  trace.append(block(0, [5, 4], 10));
  trace.append(block(2, [3], 11.5));
  assert.equal(trace.producedAt, 11.5);
});

test("a block that brings nothing new does not make the trace older", () => {
  const trace = new Trace();
  trace.append(block(0, [5, 4, 3], 12));
  trace.append(block(0, [5], 10));
  assert.equal(trace.producedAt, 12);
});

test("there is no loss beyond the end", () => {
  const trace = new Trace();
  trace.append(block(0, [5]));
  assert.ok(Number.isNaN(trace.at(1)));
  assert.ok(Number.isNaN(trace.at(10_000)));
});

test("it grows as far as it must", () => {
  const trace = new Trace();
  const all = Float64Array.from({ length: 200_000 }, (_, i) => 1 / (i + 1));
  trace.append(block(0, all.subarray(0, 3)));
  trace.append(block(3, all.subarray(3, 150_000)));
  trace.append(block(150_000, all.subarray(150_000)));
  assert.deepEqual(trace.values, all);
});

test("stretches that are not finite are noted, across blocks, one for each value", () => {
  const trace = new Trace();
  trace.append(block(0, [1, Infinity, Infinity]));
  trace.append(block(3, [Infinity, NaN, NaN, -Infinity, 2, NaN]));
  assert.deepEqual(trace.nonFinite, [
    { start: 1, stop: 4, value: Infinity },
    { start: 4, stop: 6, value: NaN },
    { start: 6, stop: 7, value: -Infinity },
    { start: 8, stop: 9, value: NaN },
  ]);
});

test("finite losses of zero or less are counted, once", () => {
  const trace = new Trace();
  trace.append(block(0, [1, 0, -2, -Infinity]));
  trace.append(block(0, [1, 0, -2, -Infinity, -0]));
  assert.equal(trace.notPositive, 3);
});

test("a view is of the iterations that are there", () => {
  const trace = new Trace();
  trace.append(block(0, [5, 4, 3, 2, 1]));
  assert.deepEqual([...trace.choose(-1, Infinity, 100)], [0, 1, 2, 3, 4]);
  assert.deepEqual([...trace.choose(1, 3, 100)], [1, 2]);
  assert.deepEqual([...trace.choose(7, 9, 100)], []);
});

test("however blocks overlap, the trace is the series, each iteration once", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = seeded(seed);
    const all = series(random, whole(random, 1, 3000), 0.02);
    const trace = new Trace();
    while (trace.length < all.length) {
      const first = whole(random, 0, Math.min(all.length, trace.length + 50));
      const stop = whole(random, first, Math.min(all.length, first + 400));
      const before = trace.length;
      const taken = trace.append(block(first, all.subarray(first, stop)));
      assert.equal(taken, first <= before);
      assert.equal(trace.length, taken ? Math.max(before, stop) : before);
    }
    assert.deepEqual(trace.values, all, `seed ${seed}`);
    const noted = trace.nonFinite.reduce((sum, { start, stop }) => sum + stop - start, 0);
    assert.equal(noted, all.filter((value) => !Number.isFinite(value)).length, `seed ${seed}`);
  }
});
