/**
 * The series: what is drawn of a stretch of it, and what it holds.
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Level } from "../../frontend/model/level.js";
import { bucketSize, Series } from "../../frontend/model/series.js";
import { seeded, series, whole } from "./seeded.js";

const SERIES = 3000;

/** Append the next `count` of some values. */
function extend(made, values, count) {
  made.append(values.subarray(made.length, made.length + count));
}

/** A random series, and a random view of it. */
function drawn(seed) {
  const random = seeded(seed);
  const odd = random() < 0.5 ? 0 : random() ** 4;
  const values = series(random, whole(random, 1, random() < 0.1 ? 20_000 : 1500), odd);
  const trace = new Series();
  extend(trace, values, values.length);
  const all = random() < 0.3;
  const start = all ? 0 : whole(random, 0, values.length - 1);
  const stop = all ? values.length : whole(random, start + 1, values.length);
  const points = whole(random, 16, 400);
  return { values, start, stop, points, chosen: trace.choose(start, stop, points).at };
}

const views = Array.from({ length: SERIES }, (_, seed) => drawn(seed));

/** The check of one property, over many series. */
const always = (check) => () => {
  for (const [seed, view] of views.entries()) {
    const { values, start, stop, points } = view;
    check(view, `seed ${seed}: ${start} to ${stop} of ${values.length} in ${points} points`);
  }
};

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);

const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);

const finite = ({ values, start, stop }) => values.subarray(start, stop).filter(Number.isFinite);

test(
  "indices are in order, each once, and in the view",
  always(({ chosen, start, stop }, view) => {
    for (let i = 1; i < chosen.length; i++) assert.ok(chosen[i - 1] < chosen[i], view);
    assert.ok(chosen[0] >= start && chosen[chosen.length - 1] < stop, view);
  }),
);

test(
  "the first and the last of the view are among them",
  always(({ chosen, start, stop }, view) => {
    assert.equal(chosen[0], start, view);
    assert.equal(chosen[chosen.length - 1], stop - 1, view);
  }),
);

test(
  "where all fit, all are drawn",
  always(({ chosen, start, stop, points }, view) => {
    if (stop - start <= points) assert.equal(chosen.length, stop - start, view);
  }),
);

test(
  "they are never many more than asked for",
  always(({ chosen, points }, view) => {
    // A minimum, a maximum and a value not finite for each of points / 2 buckets, and the two
    // buckets and the two values at the ends.
    assert.ok(chosen.length <= 1.5 * points + 8, `${view}: ${chosen.length}`);
  }),
);

test(
  "a view much longer than the points asked for is thinned out, but not to nothing",
  always(({ chosen, start, stop, points }, view) => {
    if (stop - start > points) assert.ok(chosen.length >= Math.min(points / 8, 4), view);
  }),
);

test(
  "the lowest and the highest finite value of the view are drawn",
  always((made, view) => {
    const inView = finite(made);
    const shown = made.chosen.map((i) => made.values[i]).filter(Number.isFinite);
    assert.ok(least(shown) === least(inView), `${view}: ${least(shown)}, not ${least(inView)}`);
    assert.ok(most(shown) === most(inView), `${view}: ${most(shown)}, not ${most(inView)}`);
  }),
);

test(
  "the first value of the view that is not finite is drawn, so that the line breaks there",
  always(({ values, chosen, start, stop }, view) => {
    const first = values.subarray(start, stop).findIndex((value) => !Number.isFinite(value));
    if (first >= 0) assert.ok(chosen.includes(start + first), view);
  }),
);

test("a series taken in piece by piece is drawn as one taken in at once", () => {
  for (let seed = 0; seed < SERIES; seed++) {
    const random = seeded(seed);
    const values = series(random, whole(random, 1, 3000), random() < 0.5 ? 0 : 0.01);
    const atOnce = new Series();
    extend(atOnce, values, values.length);
    const inPieces = new Series();
    while (inPieces.length < values.length) {
      extend(inPieces, values, whole(random, 0, random() < 0.5 ? 3 : 700));
    }
    const start = whole(random, 0, values.length - 1);
    const stop = whole(random, start + 1, values.length);
    for (const points of [16, 50, 300]) {
      assert.deepEqual(
        inPieces.choose(start, stop, points),
        atOnce.choose(start, stop, points),
        `seed ${seed}: ${start} to ${stop} of ${values.length} in ${points} points`,
      );
    }
  }
});

test("of a series of a million, as much is looked at as is on the screen", (t) => {
  const random = seeded(1);
  const long = new Series();
  extend(long, series(random, 1_000_000, 0.001), 1_000_000);
  const buckets = t.mock.method(Level.prototype, "at");
  const slices = t.mock.method(Series.prototype, "slice");
  assert.ok(long.choose(7, long.length - 7, 2000).at.length > 1000);
  assert.ok(buckets.mock.callCount() <= 2000);
  const values = slices.mock.calls.reduce((sum, { result }) => sum + result.length, 0);
  assert.ok(values <= 2 * bucketSize(1_000_000, 2000), `${values} single values`);
});

test("the mean of a bucket is finite of whatever finite values, and to the last bit", () => {
  const level = new Level(4);
  level.add(new Float64Array([1.6e308, 1.6e308, 1.6e308, Infinity, 0.1, 0.2, 0.3, 0.7]), 0);
  level.addMean(8, 1.7e308, 2);
  level.addMean(9, 1.7e308, 2);
  assert.equal(level.at(0)?.mean, 1.6e308);
  assert.equal(level.at(1)?.mean, (0.1 + 0.2 + 0.3 + 0.7) / 4);
  assert.equal(level.at(2)?.mean, 1.7e308);
});

/** What somebody tells who holds all of a series. */
function overview(values, stop, points) {
  const every = bucketSize(stop, points);
  const whole = new Series();
  whole.append(values.subarray(0, stop));
  const { at, values: told } = whole.choose(0, stop, points);
  const means = Array.from({ length: Math.ceil(stop / every) }, (_, bucket) => {
    const inside = values.subarray(bucket * every, Math.min(stop, (bucket + 1) * every)).filter(Number.isFinite);
    return inside.length ? inside.reduce((sum, value) => sum + value / inside.length, 0) : NaN;
  });
  return { start: 0, stop, every, at, values: told, means };
}

test("a series that somebody else told the past of is drawn as one that was seen from the start", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seeded(seed);
    const values = series(random, whole(random, 2000, 20_000), random() < 0.5 ? 0 : 0.01);
    const stop = whole(random, 1000, values.length);
    const seen = new Series();
    extend(seen, values, values.length);
    const told = new Series();
    told.seed(overview(values, stop, 400));
    while (told.length < values.length) extend(told, values, whole(random, 1, 900));
    const points = 200;
    const [a, b] = [seen, told].map((one) => one.choose(0, values.length, points));
    assert.deepEqual(b, a, `seed ${seed}: ${stop} of ${values.length}`);
    assert.ok(told.covers(0, values.length, points));
    assert.deepEqual([told.low, told.high, told.lowPositive].slice(0, 2), [seen.low, seen.high]);
    for (const size of [1024, 4096]) {
      const [left, right] = [seen, told].map((one) => one.spread(0, size));
      const isWhole = values.subarray(0, size).every(Number.isFinite) && Number.isFinite(left.mean);
      const apart = Math.abs(left.mean - right.mean) / Math.max(1, Math.abs(left.mean));
      if (isWhole) assert.ok(apart <= 1e-9, `seed ${seed}: ${apart}`);
      assert.deepEqual([right.low, right.high], [left.low, left.high]);
    }
  }
});

test("of a past that was told, the first and the last are drawn, whatever they are", () => {
  const values = series(seeded(5), 5000, 0);
  values[0] = values[4999] = 0.5;
  const told = new Series();
  told.seed(overview(values, 5000, 200));
  const { at } = told.choose(0, 5000, 200);
  assert.deepEqual([at[0], at[at.length - 1]], [0, 4999]);
});

test("a series takes no more memory the longer it is, and keeps its lows, highs and ends", () => {
  const random = seeded(2);
  const all = series(random, 3_000_000, 0.0001);
  const made = new Series();
  for (let at = 0; at < all.length; at += 10_000) extend(made, all, 10_000);
  assert.equal(made.length, all.length);
  assert.ok(made.length - made.from <= 131_072, `${made.length - made.from} are held`);
  assert.deepEqual(made.slice(made.from), all.subarray(made.from));
  const { at, values, every } = made.choose(0, all.length, 4000);
  assert.equal(every, bucketSize(all.length, 4000));
  assert.deepEqual([at[0], at[at.length - 1]], [0, all.length - 1]);
  at.forEach((i, k) => assert.ok(Object.is(values[k], all[i]) || !Number.isFinite(all[i]), `${i}`));
  const finite = all.filter(Number.isFinite);
  const shown = values.filter(Number.isFinite);
  assert.deepEqual([least(shown), most(shown)], [least(finite), most(finite)]);
  assert.ok(made.covers(0, all.length, 4000));
});

test("of a stretch long past it says that it no longer holds it as finely, and draws it coarsely", () => {
  const all = series(seeded(3), 1_000_000, 0);
  const made = new Series();
  made.append(all);
  assert.equal(made.covers(1000, 2000, 4000), false);
  assert.ok(made.choose(1000, 50_000, 4000).every > bucketSize(49_000, 4000));
  assert.ok(made.covers(999_000, 1_000_000, 4000));
});

test("a piece longer than all that is held is taken in as well", () => {
  const all = series(seeded(4), 400_000, 0);
  for (const before of [0, 10, 140_000]) {
    const made = new Series();
    made.append(all.subarray(0, before));
    made.append(all.subarray(before));
    assert.deepEqual(made.slice(made.from), all.subarray(made.from));
    assert.equal(made.length - made.from, 131_072);
  }
});
