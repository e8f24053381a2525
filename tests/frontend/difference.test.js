import assert from "node:assert/strict";
import { test } from "node:test";

import { Detail } from "../../frontend/model/detail.js";
import { apart, Difference } from "../../frontend/model/difference.js";
import { Trace } from "../../frontend/model/traces.js";

const put = (trace, ...losses) => {
  trace.append({ id: "run", first: trace.length, losses: Float64Array.from(losses), producedAt: 0 });
  return trace;
};

test("the same is no distance, NaN and infinities too", () => {
  for (const [a, b, expected] of [
    [1, 3, 2], [3, 1, 2], [NaN, NaN, 0], [Infinity, Infinity, 0], [0, -0, 0],
    [Infinity, -Infinity, Infinity], [Infinity, 1, Infinity], [NaN, 1, NaN],
  ])
    assert.equal(apart(a, b), expected, `${a} ${b}`);
});

test("a difference grows as far as both go, and knows where they part", () => {
  const [a, b] = [put(new Trace(), 5, 4, 3), put(new Trace(), 5)];
  const difference = new Difference(a, b);
  difference.extend();
  assert.deepEqual([difference.series.length, difference.first, difference.same], [1, null, 1]);
  put(b, 4, 2.5, 1);
  difference.extend();
  assert.deepEqual([...difference.series.slice(0)], [0, 0, 0.5]);
  assert.deepEqual([difference.first, difference.same], [2, 2]);
});

test("one that is not finite where the other is parts them", () => {
  const difference = new Difference(put(new Trace(), 1, NaN), put(new Trace(), 1, 2));
  difference.extend();
  assert.equal(difference.first, 1);
  assert.equal(difference.notFinite.get(NaN), 1);
});

test("where the past is not held it is awaited, and told", () => {
  const overview = {
    start: 0, stop: 8, every: 4, at: [0, 7], values: [0, 2], means: [0, 1],
    spans: [], notFinite: new Map(), notPositive: 5, last: null,
  };
  const a = new Trace();
  a.seed({ ...overview });
  const b = put(new Trace(), 1, 2, 3, 4, 5, 6, 7, 8, 9);
  const difference = new Difference(put(a, 9.5), b);
  difference.extend();
  assert.ok(difference.isAwaited);
  difference.seed(overview, 5);
  assert.deepEqual([difference.isAwaited, difference.first, difference.same], [false, 5, 5]);
  assert.deepEqual([difference.series.length, difference.series.at(8)], [9, 0.5]);
});

test("a part that was asked for more finely is drawn, and they part where they did", () => {
  const difference = new Difference(put(new Trace()), put(new Trace()));
  const means = [0, 1, 1, 1];
  const overview = { start: 0, stop: 4096, every: 1024, at: [0, 1500, 4095], values: [0, 2, 1], means };
  difference.seed({ ...overview, notFinite: new Map(), notPositive: 1100 }, 1100);
  assert.ok(difference.choose(1090, 1110, 400).isCoarse);
  const at = Array.from({ length: 60 }, (_, i) => 1070 + i);
  const values = at.map((i) => (i < 1100 ? 0 : 1));
  difference.detail = new Detail({ start: 1070, stop: 1130, every: 1, at, values, means: values });
  const seen = difference.choose(1090, 1110, 400);
  assert.deepEqual([seen.isCoarse, seen.every, difference.first], [false, 1, 1100]);
  assert.deepEqual(seen.at, at.slice(19, 41));
  assert.equal(seen.values[seen.at.indexOf(1100)], 1);
});
