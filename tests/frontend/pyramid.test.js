/**
 * The pyramid, seen through the trace that keeps it.
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trace } from "../../frontend/model/traces.js";
import { seeded, series, whole } from "./seeded.js";

const SERIES = 3000;

/** Append the next `count` of some values. */
function extend(trace, values, count) {
  const first = trace.length;
  trace.append({ id: "run", first, losses: values.subarray(first, first + count), producedAt: 0 });
}

/** A trace of a random series, and a random view of it. */
function drawn(seed) {
  const random = seeded(seed);
  const odd = random() < 0.5 ? 0 : random() ** 4;
  const values = series(random, whole(random, 1, random() < 0.1 ? 20_000 : 1500), odd);
  const trace = new Trace();
  extend(trace, values, values.length);
  const all = random() < 0.3;
  const start = all ? 0 : whole(random, 0, values.length - 1);
  const stop = all ? values.length : whole(random, start + 1, values.length);
  const points = whole(random, 16, 400);
  return { values, start, stop, points, chosen: [...trace.choose(start, stop, points)] };
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
    const atOnce = new Trace();
    extend(atOnce, values, values.length);
    const inPieces = new Trace();
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

test("a series of a million is drawn in no time", () => {
  const random = seeded(1);
  const trace = new Trace();
  extend(trace, series(random, 1_000_000, 0.001), 1_000_000);
  trace.choose(1, trace.length, 2000);
  const began = performance.now();
  for (let i = 0; i < 20; i++) trace.choose(i, trace.length - i, 2000);
  const each = (performance.now() - began) / 20;
  assert.ok(each < 20, `${each} ms`);
});
