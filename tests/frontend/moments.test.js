import assert from "node:assert/strict";
import { test } from "node:test";

import { moments } from "../../frontend/draw/moments.js";
import { Trace } from "../../frontend/model/traces.js";
import { seeded, series, whole } from "./seeded.js";

const LOOK = { name: "all", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const seen = (points, x = null, xscale = "linear") => ({ x, points, smoothing: 0, scale: "linear", xscale });

/** A run that has had these losses, one every so many seconds from `from` on. */
function member(losses, { every = 1, from = 0, isComing = false } = {}) {
  const trace = new Trace();
  trace.append({ id: "run", first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return { trace, isComing, axis: { place: (i) => from + i * every, iteration: (place) => (place - from) / every } };
}

test("at each moment the mean is that of the losses that each had come to by then", () => {
  const [fast, slow] = [member([8, 6, 4, 2, 0]), member([10, 20, 30], { every: 2 })];
  const { line, band } = moments([fast, slow], LOOK, seen(100));
  assert.deepEqual(line.x, [0, 1, 2, 3, 4]);
  assert.deepEqual(line.y, [9, 8, 12, 11, 15]);
  assert.deepEqual([band.low, band.high], [[8, 6, 4, 2, 0], [10, 10, 20, 20, 30]]);
});

test("nothing is drawn of a time that has not been yet, nor of a run before it began", () => {
  const going = member([1, 1, 1], { isComing: true });
  const later = member([3, 3, 3, 3, 3, 3], { from: 1, isComing: true });
  const { line } = moments([going, later], LOOK, seen(100));
  assert.equal(line.x[0], 0);
  assert.equal(line.x.at(-1), 2);
  assert.equal(line.y[0], 1);
  assert.equal(line.y.at(-1), 2);
});

test("where one ends before the others, a mark says so, and the mean is of those that go on", () => {
  const { line, changes } = moments([member([1, 1]), member([3, 3, 3, 3])], LOOK, seen(100));
  assert.deepEqual(line.y, [2, 2, 3, 3]);
  assert.deepEqual(changes.map(({ x }) => x), [1]);
  assert.match(changes[0].text, /^1 run ends here; from then on, the mean of 1$/);
});

test("what is not finite is in no mean, and has a cross at its own moment", () => {
  const { line, marks } = moments([member([1, NaN, 1], { every: 2 }), member([3, 3, 3, 3, 3])], LOOK, seen(100));
  assert.deepEqual(line.y, [2, 2, 3, 3, 2]);
  assert.deepEqual(marks.map(({ x }) => x), [2]);
});

test("on a logarithmic axis the moments are as far from each other as they are seen to be", () => {
  const { line } = moments([member(Array(50).fill(1), { from: 1 }), member(Array(50).fill(1), { from: 1 })], LOOK, seen(9, null, "log"));
  const steps = line.x.slice(1).map((x, i) => Math.log(x / line.x[i]));
  assert.ok(steps.every((step) => Math.abs(step - steps[0]) < 1e-9));
});

test("of long runs the mean is that of their losses around each moment, and the band holds them", () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = seeded(seed);
    const lengths = [whole(random, 5000, 30_000), whole(random, 5000, 30_000)];
    const all = lengths.map((length) => series(random, length, 0));
    const { line, band, every } = moments(all.map((one, i) => member(one, { every: 60 / lengths[i] })), LOOK, seen(300));
    assert.ok(every > 1 && line.x.length <= 300);
    line.x.forEach((_, i) => assert.ok(band.low[i] <= line.y[i] && line.y[i] <= band.high[i]));
  }
});

test("a part that is seen closely has every iteration of the quickest", () => {
  const long = Array.from({ length: 20_000 }, (_, i) => i);
  const { line, every, isCoarse } = moments([member(long), member(long, { every: 2 })], LOOK, seen(300, [100, 150]));
  assert.equal(every, 1);
  assert.equal(isCoarse, false);
  const at = line.x.findIndex((x) => x === 150);
  assert.equal(line.y[at], (150 + 75) / 2);
  assert.ok(line.x.length >= 50);
});
