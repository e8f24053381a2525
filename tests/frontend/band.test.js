import assert from "node:assert/strict";
import { test } from "node:test";

import { band } from "../../frontend/draw/band.js";
import { Detail } from "../../frontend/model/detail.js";
import { Trace } from "../../frontend/model/traces.js";
import { seeded, series, whole } from "./seeded.js";

const LOOK = { name: "all", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const seen = (points, x = null, smoothing = 0) => ({ x, points, smoothing });
const drawn = (traces, ...how) =>
  band(traces.map((trace) => ({ trace, isComing: false })), LOOK, seen(...how));

/** A run that has had these losses. */
function member(isComing, ...losses) {
  const trace = new Trace();
  trace.append({ id: "run", first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return { trace, isComing };
}

/** An overview of some losses, as the server tells it. */
function overview(losses, start, stop, every) {
  const [at, means] = [[start], []];
  for (let from = every * Math.floor(start / every); from < stop; from += every) {
    const places = [];
    for (let i = Math.max(start, from); i < Math.min(stop, from + every); i++) places.push(i);
    const finite = places.filter((i) => Number.isFinite(losses[i]));
    const by = (a, b) => losses[a] - losses[b];
    const odd = places.find((i) => !Number.isFinite(losses[i]));
    at.push(...[[...finite].sort(by)[0], [...finite].sort(by).at(-1), odd].filter((i) => i !== undefined));
    means.push(finite.reduce((sum, i) => sum + losses[i] / finite.length, finite.length ? 0 : NaN));
  }
  const places = [...new Set([...at, stop - 1])].sort((a, b) => a - b);
  return { start, stop, every, at: places, values: places.map((i) => losses[i]), means, spans: [], notFinite: new Map(), notPositive: 0, last: null };
}

/** Losses of a long run, and the page's copy of them, which has only an overview. */
function long(seed, count) {
  const random = seeded(seed);
  const losses = Array.from({ length: count }, () => random());
  const trace = new Trace();
  trace.seed(overview(losses, 0, count, 256));
  return { losses, trace };
}

test("a band is the lowest and the highest at each iteration, the line their mean", () => {
  const { line, band: area } = band([member(false, 4, 2, 8), member(false, 2, NaN)], LOOK, seen(100));
  assert.deepEqual([line.x, line.y], [[0, 1, 2], [3, 2, 8]]);
  assert.deepEqual([area.low, area.high], [[2, 2, 8], [4, 2, 8]]);
});

test("of long runs the band has every low and every high, and the mean is that of all losses", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seeded(seed);
    const length = whole(random, 5000, 30_000);
    const all = [0, 1, 2].map(() => series(random, length, 0));
    const { line, band: area, every } = band(all.map((one) => member(false, ...one)), LOOK, seen(300));
    assert.ok(every > 1 && line.x.length <= 300);
    const [lows, highs] = [Math.min(...area.low), Math.max(...area.high)];
    assert.equal(lows, Math.min(...all.map((one) => one.reduce((a, b) => Math.min(a, b), Infinity))));
    assert.equal(highs, Math.max(...all.map((one) => one.reduce((a, b) => Math.max(a, b), -Infinity))));
    const first = all.reduce((sum, one) => sum + one.subarray(0, every).reduce((a, b) => a + b, 0) / every, 0) / 3;
    assert.ok(Math.abs(line.y[0] - first) < 1e-9 * Math.max(1, Math.abs(first)));
  }
});

test("a part of runs taken together is drawn in single iterations once each has told of it", () => {
  const [one, other] = [long(1, 4096), long(2, 4096)];
  const traces = [one.trace, other.trace];
  assert.deepEqual([drawn(traces, 400, [1000, 1040]).isCoarse, drawn(traces, 400, [1000, 1040]).every], [true, 256]);
  one.trace.refine(0, new Detail(overview(one.losses, 900, 1200, 1)));
  assert.deepEqual([drawn(traces, 400, [1000, 1040]).isCoarse, drawn(traces, 400, [1000, 1040]).every], [true, 256]);
  other.trace.refine(0, new Detail(overview(other.losses, 900, 1200, 1)));

  const made = drawn(traces, 400, [1000, 1040]);

  assert.deepEqual([made.isCoarse, made.every], [false, 1]);
  assert.ok(made.line.x[0] <= 1000 && made.line.x.at(-1) >= 1040);
  made.line.x.forEach((i, place) => {
    const [a, b] = [one.losses[i], other.losses[i]];
    assert.deepEqual([made.band.low[place], made.band.high[place]], [Math.min(a, b), Math.max(a, b)]);
    assert.ok(Math.abs(made.line.y[place] - (a + b) / 2) < 1e-12);
  });
});

test("where one is told of more finely than another, both are drawn as the coarser", () => {
  const [one, other] = [long(3, 4096), long(4, 4096)];
  one.losses[1030] = NaN;
  one.trace.refine(0, new Detail(overview(one.losses, 896, 1280, 4)));
  other.trace.refine(0, new Detail(overview(other.losses, 896, 1280, 16)));
  const made = drawn([one.trace, other.trace], 100, [1000, 1100]);
  assert.deepEqual([made.every, made.isCoarse], [16, true]);
  made.line.x.forEach((middle, place) => {
    const from = Math.round(middle - 7.5);
    const [a, b] = [one, other].map(({ losses }) => losses.slice(from, from + 16).filter(Number.isFinite));
    assert.equal(made.band.low[place], Math.min(...a, ...b));
    assert.equal(made.band.high[place], Math.max(...a, ...b));
  });
});

test("nothing is drawn until the average of each is known: of some, it would be another", () => {
  const [one, other] = [long(5, 1024), new Trace()];
  other.append({ id: "b", first: 0, losses: Float64Array.from(one.losses), producedAt: 0 });
  const made = drawn([one.trace, other], 400, null, 0.9);
  assert.deepEqual([made.line.x, made.isCoarse], [[], true]);
});

test("a mean goes as far as all have come that are on their way", () => {
  const made = band([member(true, 4, 3, 2, 1), member(true, 8, 7), member(false, 6, 5, 4, 3, 2)], LOOK, seen(100));
  assert.deepEqual([made.line.x, made.line.y], [[0, 1], [6, 5]]);
  assert.deepEqual([made.band.low, made.band.high, made.changes], [[4, 3], [8, 7], []]);
  const none = band([member(true, 4, 3), member(true)], LOOK, seen(100));
  assert.deepEqual(none.line.x, []);
});

test("where one goes no further while others do, a mark on the mean says so", () => {
  const ended = [member(false, 4, 4), member(false, 8, 8), member(true, 6, 6, 6, 6)];
  const made = band(ended, LOOK, seen(100));
  assert.deepEqual(made.line.y, [6, 6, 6, 6]);
  assert.deepEqual(made.changes, [{ x: 1, y: 6, text: "2 runs end here; from iteration 2 on, the mean of 1" }]);
  const all = band([member(false, 1, 1, 1), member(false, 3, 3), member(false, 2)], LOOK, seen(100));
  assert.deepEqual(all.line.y, [2, 2, 1]);
  assert.deepEqual(all.changes.map(({ x, y }) => [x, y]), [[0, 2], [1, 2]]);
  const thinned = band(
    [member(false, ...Array(900).fill(1)), member(false, ...Array(1023).fill(3)), member(false, ...Array(1024).fill(3))],
    LOOK, seen(32),
  );
  assert.equal(thinned.changes.length, 2);
});

test("a bucket is drawn once all that are on their way have come to its end", () => {
  const [ahead, behind] = [Array(4096).fill(1), Array(2000).fill(1)];
  const made = band([member(true, ...ahead), member(true, ...behind)], LOOK, seen(100));
  assert.equal(made.every, 64);
  assert.equal(made.line.x.at(-1), 31 * 64 - 32.5);
});

test("what is not finite of one is marked on the mean of the others", () => {
  const made = band([member(false, 4, NaN, 2), member(false, 8, 6, 4)], LOOK, seen(100));
  assert.deepEqual(made.line.y, [6, 6, 3]);
  assert.deepEqual(made.marks.map(({ x, y }) => [x, y]), [[1, 6]]);
  assert.match(made.marks[0].text, /^NaN at iteration 1/);
});
