import assert from "node:assert/strict";
import { test } from "node:test";

import { band } from "../../frontend/draw/band.js";
import { Detail } from "../../frontend/model/detail.js";
import { Trace } from "../../frontend/model/traces.js";
import { seeded } from "./seeded.js";

const LOOK = { name: "all", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const ITERATIONS = { place: (i) => i, iteration: (place) => place };
const drawn = (traces, points, x = null, smoothing = 0) => band(traces, LOOK, ITERATIONS, { x, points, smoothing });

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
