import assert from "node:assert/strict";
import { test } from "node:test";

import { curve, nested, unshown } from "../../frontend/draw/curves.js";
import { style } from "../../frontend/draw/palette.js";
import { Detail } from "../../frontend/model/detail.js";
import { Trace } from "../../frontend/model/traces.js";

const LOOK = { name: "mine", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const ITERATIONS = { place: (i) => i, iteration: (place) => place };
const seen = (points, x = null, smoothing = 0) => ({ x, points, smoothing });
const drawn = (trace, points, x, smoothing) => curve(trace, LOOK, ITERATIONS, seen(points, x, smoothing));

function trace(...losses) {
  const made = new Trace();
  made.append({ id: "run", first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return made;
}

test("a curve has every iteration with its loss, and its look", () => {
  const made = drawn(trace(5, 4, 3), 100);
  assert.deepEqual([made.line.x, made.line.y], [[0, 1, 2], [5, 4, 3]]);
  assert.deepEqual([made.name, made.colour, made.dash], ["mine", "--curve-0", "solid"]);
  assert.deepEqual(made.marks, []);
});

test("of a trace without losses there is nothing to draw", () => {
  const made = drawn(new Trace(), 100);
  assert.deepEqual([made.line.x, made.line.y, made.marks], [[], [], []]);
});

test("a loss that is not finite breaks the line", () => {
  assert.deepEqual(drawn(trace(5, NaN, 3, Infinity), 100).line.y, [5, null, 3, null]);
});

test("a mark says where losses are not finite, and what they are", () => {
  const made = drawn(trace(5, 7, Infinity, Infinity, NaN, -Infinity), 100);
  assert.deepEqual(made.marks, [
    { x: 2, y: 7, text: "+inf at iterations 2 to 3 (drawn at 7.000)" },
    { x: 4, y: 7, text: "NaN at iteration 4 (drawn at 7.000)" },
    { x: 5, y: 7, text: "-inf at iteration 5 (drawn at 7.000)" },
  ]);
});

test("marks stand at the height of the last finite loss", () => {
  assert.equal(drawn(trace(5, 7, NaN), 100).marks[0].y, 7);
});

test("each mark stands at the height before it, on the line as it is drawn", () => {
  assert.deepEqual(drawn(trace(5, NaN, 3, NaN), 100).marks.map(({ y }) => y), [5, 3]);
  assert.deepEqual(drawn(trace(NaN, 4), 100).marks.map(({ y }) => y), [4]);
  const smoothed = drawn(trace(8, 4, NaN, 2), 100, null, 0.5);
  assert.equal(smoothed.marks[0].y, smoothed.line.y[1]);
  const long = new Trace();
  long.seed({
    start: 0, stop: 8192, every: 4096, at: [0, 10, 4000, 6000], values: [9, 8, 7, NaN], means: [8, NaN],
    spans: [{ start: 6000, stop: 8192, value: NaN }], notFinite: new Map([[NaN, 2192]]), notPositive: 0, last: null,
  });
  assert.equal(drawn(long, 10).marks[0].y, 7);
});

test("a run that is not finite from its first loss on is marked all the same", () => {
  const made = drawn(trace(NaN, NaN), 100);
  assert.deepEqual(made.marks.map(({ x }) => x), [0]);
  assert.match(made.marks[0].text, /^NaN at iterations 0 to 1/);
  assert.ok(made.marks[0].y > 0 && Number.isFinite(made.marks[0].y));
});

test("marks are at most so many that they can be drawn", () => {
  const losses = Array.from({ length: 1000 }, (_, i) => (i % 2 ? NaN : 1));
  const { marks } = drawn(trace(...losses), 5000);
  assert.deepEqual(marks.map(({ x }) => x), Array.from({ length: 50 }, (_, i) => 2 * i + 1));
});

test("a view takes one iteration more on each side, so that the line goes to the edge", () => {
  const made = drawn(trace(...Array.from({ length: 20 }, (_, i) => i)), 100, [4.5, 8.2]);
  assert.equal(made.line.x[0], 3);
  assert.ok(made.line.x[made.line.x.length - 1] >= 9);
});

test("a long trace is drawn in about as many points as asked for", () => {
  const losses = Float64Array.from({ length: 50_000 }, (_, i) => 1 / (i + 1));
  const made = drawn(trace(...losses), 1000);
  assert.ok(made.line.x.length <= 1600);
  assert.equal(made.line.x[made.line.x.length - 1], 49_999);
  made.line.x.forEach((x, i) => assert.equal(made.line.y[i], losses[x]));
});

test("where it is smoothed, the line is the average, and the losses are faint", () => {
  const made = drawn(trace(8, 4, NaN, 2), 100, null, 0.5);
  assert.deepEqual(made.faint.y, [8, 4, null, 2]);
  assert.equal(made.line.y[0], 8);
  assert.equal(made.line.y[2], null);
  assert.ok(made.line.y[1] > 4 && made.line.y[3] > 2);
});

test("it is told how finely a curve is drawn, the coarser of losses and average", () => {
  const long = new Trace();
  const at = Array.from({ length: 4096 }, (_, i) => i);
  const told = { start: 0, stop: 4096, spans: [], notFinite: new Map(), notPositive: 0, last: { value: 1, finite: 4096 } };
  const overview = { ...told, every: 256, at: [0, 4095], values: [9, 1], means: Array(16).fill(5) };
  long.seed(overview);
  long.seedAverage(0.5, overview);
  long.refine(0, new Detail({ start: 0, stop: 4096, every: 1, at, values: at, means: at }));
  assert.equal(drawn(long, 400, [1000, 1100]).every, 1);
  const smoothed = drawn(long, 400, [1000, 1100], 0.5);
  assert.deepEqual([smoothed.every, smoothed.isCoarse], [256, true]);
});

test("an average is of all losses, however few of them are drawn", () => {
  const losses = Float64Array.from({ length: 50_000 }, (_, i) => 1 + (i % 2));
  const made = drawn(trace(...losses), 500, null, 0.99);
  assert.ok(made.line.x.length < 1000);
  assert.ok(Math.abs(made.line.y[made.line.y.length - 1] - 1.5) < 0.01);
});

test("a change stands on the line at its iteration", () => {
  const changes = [{ iteration: 2, text: "lr 1 → 2" }, { iteration: 99, text: "not there" }];
  const made = curve(trace(8, 4, 2, 1), LOOK, ITERATIONS, seen(100), changes);
  assert.deepEqual(made.changes, [{ x: 2, y: 2, text: "lr 1 → 2" }]);
});

test("a change stands on a line of which few points are drawn, as straight as its axes draw it", () => {
  const losses = Array.from({ length: 4096 }, (_, i) => 10 ** (-i / 1024));
  const on = (scales) => {
    const changes = [{ iteration: 1500, text: "there" }];
    const { line, changes: [mark] } = curve(trace(...losses), LOOK, ITERATIONS, { ...seen(16), ...scales }, changes);
    const right = line.x.findIndex((x) => x >= 1500);
    const [a, b] = [right - 1, right].map((place) => [line.x[place], line.y[place]]);
    assert.ok(b[0] - a[0] > 400, "none of the line's own points is there");
    return { mark, a, b, share: (1500 - a[0]) / (b[0] - a[0]) };
  };
  const linear = on({ scale: "linear", xscale: "linear" });
  const straight = linear.a[1] + linear.share * (linear.b[1] - linear.a[1]);
  assert.ok(Math.abs(linear.mark.y / straight - 1) < 1e-9);
  const log = on({ scale: "log", xscale: "linear" });
  assert.ok(Math.abs(log.mark.y / losses[1500] - 1) < 1e-3, "an exponential is a line there");
  const both = on({ scale: "log", xscale: "log" });
  const share = Math.log(1500 / both.a[0]) / Math.log(both.b[0] / both.a[0]);
  assert.ok(Math.abs(both.mark.y / (both.a[1] ** (1 - share) * both.b[1] ** share) - 1) < 1e-9);
});

test("what happens after the last iteration stands at the end of the line", () => {
  const made = curve(trace(8, 4), LOOK, ITERATIONS, seen(100), [{ iteration: 2, text: "paused" }]);
  assert.deepEqual(made.changes, [{ x: 1, y: 4, text: "paused" }]);
});

test("what is not on the lines is counted, over all curves", () => {
  const traces = [trace(1, NaN, NaN, Infinity), trace(0, -1, -Infinity, NaN)];
  const crosses = "Not finite, marked by a cross: 1 × +inf, 1 × -inf, 3 × NaN";
  assert.equal(unshown(traces, "linear"), crosses);
  assert.equal(unshown(traces, "log"), `${crosses} · Not on a log axis: 2 × zero or less`);
});

const widths = (traces) => nested(traces).widths;

test("a curve is wider for each of a few that lie upon it", () => {
  const [alone, twice, thrice] = [1, 2, 3].map((n) => widths(Array(n).fill(trace(9, 5, 1)))[0]);
  assert.ok(alone < twice && twice < thrice);
  assert.deepEqual(widths([trace(9, 5, 1), trace(9, 5, 1)]), [twice, alone]);
});

test("of many that are alike, no rims could be told from each other: they are counted", () => {
  const [alone] = widths([trace(1)]);
  assert.equal(nested(Array(4).fill(trace(9, 5, 1))).alike, 0);
  const { widths: wide, alike } = nested([...Array(5).fill(trace(9, 5, 1)), trace(4, 3, 2)]);
  assert.equal(alike, 5);
  assert.deepEqual(wide, Array(6).fill(alone));
});

test("curves lie upon each other as far as both go, or they do not", () => {
  const [alone] = widths([trace(1)]);
  assert.ok(widths([trace(9, 5, 1), trace(9, 5)])[0] > alone);
  assert.ok(widths([trace(9, NaN), trace(9, NaN)])[0] > alone);
  for (const other of [trace(9, 5, 2), trace(9, 5, NaN), new Trace()])
    assert.deepEqual(widths([trace(9, 5, 1), other]), [alone, alone]);
});

test("nothing is said where an axis shows all", () => {
  assert.equal(unshown([trace(3, 2, 1)], "log"), "");
  assert.equal(unshown([trace(0, -1)], "linear"), "");
});

test("the first 48 curves look different, each from each", () => {
  const looks = Array.from({ length: 48 }, (_, place) => JSON.stringify(style(place)));
  assert.equal(new Set(looks).size, 48);
});

test("there is a look for any number of curves", () => {
  for (const place of [48, 1000]) assert.match(style(place).colour, /^--curve-[0-7]$/);
});
