import assert from "node:assert/strict";
import { test } from "node:test";

import { Detail } from "../../frontend/model/detail.js";
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
  assert.deepEqual([...trace.raw.slice(0)], []);
  assert.deepEqual(trace.choose(0, Infinity, 100).at, []);
});

test("blocks that follow on each other are joined", () => {
  const trace = new Trace();
  assert.ok(trace.append(block(0, [5, 4])));
  assert.ok(trace.append(block(2, [3])));
  assert.deepEqual([...trace.raw.slice(0)], [5, 4, 3]);
  assert.equal(trace.length, 3);
  assert.equal(trace.at(2), 3);
});

test("what is there already is not appended again", () => {
  const trace = new Trace();
  trace.append(block(0, [5, 4, 3]));
  assert.ok(trace.append(block(1, [4, 3, 2])));
  assert.ok(trace.append(block(0, [5, 4, 3, 2])));
  assert.ok(trace.append(block(0, [5])));
  assert.deepEqual([...trace.raw.slice(0)], [5, 4, 3, 2]);
});

test("a block after a gap is refused, and changes nothing", () => {
  const trace = new Trace();
  trace.append(block(0, [5], 10));
  assert.equal(trace.append(block(2, [3], 12)), false);
  assert.deepEqual([...trace.raw.slice(0)], [5]);
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
  assert.equal(trace.length, 200_000);
  assert.deepEqual(trace.raw.slice(trace.raw.from), all.subarray(trace.raw.from));
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
  assert.deepEqual(trace.choose(-1, Infinity, 100).at, [0, 1, 2, 3, 4]);
  assert.deepEqual(trace.choose(1, 3, 100).at, [1, 2]);
  assert.deepEqual(trace.choose(7, 9, 100).at, []);
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
    assert.deepEqual(trace.raw.slice(0), all, `seed ${seed}`);
    const noted = trace.nonFinite.reduce((sum, { start, stop }) => sum + stop - start, 0);
    assert.equal(noted, all.filter((value) => !Number.isFinite(value)).length, `seed ${seed}`);
  }
});

/** The average at each of some losses, as it is defined. */
function averaged(losses, weight) {
  let [sum, count] = [0, 0];
  return losses.map((loss) => {
    if (!Number.isFinite(loss)) return NaN;
    sum = weight * sum + (1 - weight) * loss;
    return sum / (1 - weight ** ++count);
  });
}

test("the average is over all losses, begins with the first, and passes over what is not finite", () => {
  const losses = [8, 4, NaN, 2, Infinity, 1];
  const trace = new Trace();
  trace.append(block(0, losses.slice(0, 3)));
  const before = trace.series(0.5);
  assert.deepEqual([...before.slice(0)], averaged(losses.slice(0, 3), 0.5));
  assert.equal(before.at(0), 8);
  trace.append(block(3, losses.slice(3)));
  assert.equal(trace.series(0.5), before);
  assert.deepEqual([...before.slice(0)], averaged(losses, 0.5));
  assert.equal(trace.series(0), trace.raw);
});

test("the same average comes whether it is drawn from the start or later, or with another weight between", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = seeded(seed);
    const all = series(random, whole(random, 1, 2000), 0.02);
    const [early, late] = [new Trace(), new Trace()];
    early.series(0.9);
    while (early.length < all.length)
      early.append(block(early.length, all.subarray(early.length, early.length + whole(random, 1, 300))));
    late.append(block(0, all));
    late.series(0.3);
    assert.deepEqual(late.series(0.9).slice(0), early.series(0.9).slice(0), `seed ${seed}`);
  }
});

const told = (stop, more = {}) => ({
  start: 0, stop, every: 4, at: [0, stop - 1], values: [9, 3], means: Array(stop / 4).fill(5),
  spans: [{ start: 2, stop: 3, value: NaN }], notFinite: new Map([[NaN, 1]]), notPositive: 2, last: null, ...more,
});

test("the past of a long run is told, and what comes after it follows", () => {
  const trace = new Trace();
  trace.isAwaited = true;
  trace.seed(told(8));
  assert.equal(trace.isAwaited, false);
  assert.equal(trace.length, 8);
  assert.deepEqual([trace.nonFinite, trace.notPositive], [[{ start: 2, stop: 3, value: NaN }], 2]);
  assert.equal(trace.append(block(9, [1])), false);
  assert.ok(trace.append(block(8, [1, NaN])));
  assert.equal(trace.length, 10);
  assert.equal(trace.notFinite.get(NaN), 2);
});

test("the average of what is not held is told, and goes on from there", () => {
  const losses = Array.from({ length: 12 }, (_, i) => 1 / (i + 1));
  const expected = averaged(losses, 0.9);
  const trace = new Trace();
  trace.seed(told(8));
  assert.equal(trace.series(0.9), null);
  trace.append(block(8, losses.slice(8, 10)));
  assert.ok(trace.seedAverage(0.9, told(8, { last: { value: expected[7], finite: 8 } })));
  trace.append(block(10, losses.slice(10)));
  trace.series(0.9).slice(8).forEach((value, i) => assert.ok(Math.abs(value - expected[8 + i]) < 1e-12));
  assert.equal(trace.seedAverage(0.5, told(4, { last: { value: 1, finite: 4 } })), false);
});

test("a part that was asked for more finely is drawn, as long as it has what is seen", () => {
  const trace = new Trace();
  trace.seed(told(4096, { every: 1024, means: [5, 5, 5, 5] }));
  assert.ok(trace.choose(0, 100, 400).isCoarse);
  const at = Array.from({ length: 200 }, (_, i) => i);
  trace.refine(0, new Detail({ start: 0, stop: 200, at, values: at, means: at, every: 1 }));
  const seen = trace.choose(10, 100, 400);
  assert.deepEqual([seen.isCoarse, seen.at[0], seen.at[seen.at.length - 1]], [false, 9, 100]);
  assert.ok(trace.choose(150, 300, 400).isCoarse);
});
