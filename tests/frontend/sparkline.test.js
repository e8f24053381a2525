import assert from "node:assert/strict";
import { test } from "node:test";

import { HEIGHT, WIDTH, axis, decimated, height, nearest, path } from "../../frontend/draw/sparkline.js";
import { seeded } from "./seeded.js";

test("an axis spans what is finite, and is logarithmic over more than three decades", () => {
  assert.deepEqual(axis([3, NaN, 1, Infinity, 2]), { low: 1, high: 3, isLog: false });
  assert.equal(axis([NaN, -Infinity]), null);
  assert.equal(axis([1, 1000])?.isLog, false);
  assert.equal(axis([1, 1001])?.isLog, true);
  assert.equal(axis([0, 1001])?.isLog, false);
});

test("larger values stand higher, within the field; one value alone stands in the middle", () => {
  for (const scale of [axis([1, 2, 100]), axis([1, 1e6])]) {
    const [low, middle, high] = [scale.low, 50, scale.high].map((value) => height(scale, value));
    assert.ok(high < middle && middle < low);
    assert.ok(high >= 0 && low <= HEIGHT);
  }
  assert.equal(height(axis([7, 7]), 7), HEIGHT / 2);
});

test("a long series is drawn in few rows, with each extreme and each gap", () => {
  const random = seeded(1);
  const iterations = Float64Array.from({ length: 20_000 }, (_, i) => 10 * i);
  const values = iterations.map(() => random());
  values[777] = 50;
  values[12_345] = -50;
  values[15_000] = NaN;
  const chosen = decimated(iterations, values, 100);
  assert.ok(chosen.length <= 3 * 101);
  assert.deepEqual(chosen, [...new Set(chosen)].sort((a, b) => a - b));
  for (const index of [777, 12_345, 15_000]) assert.ok(chosen.includes(index));
});

test("a short series is drawn whole, and a line is parted where a value is not finite", () => {
  const values = [1, 2, NaN, 3];
  assert.deepEqual(decimated([0, 1, 2, 3], values, 100), [0, 1, 2, 3]);
  const drawn = path([0, 1, 2, 3], values, { low: 1, high: 3, isLog: false });
  assert.equal(drawn.match(/M/g)?.length, 2);
  assert.ok(drawn.includes(`M${WIDTH.toFixed(1)} `));
  assert.ok(!drawn.includes("NaN"));
});

test("the row that is read is the nearest", () => {
  const iterations = [0, 10, 20, 30];
  for (const [wanted, row] of [[-5, 0], [4, 0], [6, 1], [19, 2], [31, 3]])
    assert.equal(nearest(iterations, wanted), row, String(wanted));
  assert.equal(nearest([7], 100), 0);
});
