import assert from "node:assert/strict";
import { test } from "node:test";

import { curve, unshown, widths } from "../../frontend/draw/curves.js";
import { style } from "../../frontend/draw/palette.js";
import { Trace } from "../../frontend/model/traces.js";

const LOOK = { name: "mine", colour: "--curve-0", dash: "solid", width: 1, digits: 9 };
const ALL = [0, Infinity];

function trace(...losses) {
  const made = new Trace();
  made.append({ id: "run", first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return made;
}

test("a curve has every iteration with its loss, and its look", () => {
  const made = curve(trace(5, 4, 3), LOOK, ALL, 100);
  assert.deepEqual([made.x, made.y], [[0, 1, 2], [5, 4, 3]]);
  assert.deepEqual([made.name, made.colour, made.dash], ["mine", "--curve-0", "solid"]);
  assert.deepEqual(made.marks, []);
});

test("of a trace without losses there is nothing to draw", () => {
  const made = curve(new Trace(), LOOK, ALL, 100);
  assert.deepEqual([made.x, made.y, made.marks], [[], [], []]);
});

test("a loss that is not finite breaks the line", () => {
  assert.deepEqual(curve(trace(5, NaN, 3, Infinity), LOOK, ALL, 100).y, [5, null, 3, null]);
});

test("a mark says where losses are not finite, and what they are", () => {
  const made = curve(trace(5, 7, Infinity, Infinity, NaN, -Infinity), LOOK, ALL, 100);
  assert.deepEqual(made.marks, [
    { x: 2, text: "+inf at iterations 2 to 3" },
    { x: 4, text: "NaN at iteration 4" },
    { x: 5, text: "-inf at iteration 5" },
  ]);
});

test("marks stand at the height of the last finite loss", () => {
  assert.equal(curve(trace(5, 7, NaN), LOOK, ALL, 100).markY, 7);
});

test("a run that is not finite from its first loss on is marked all the same", () => {
  const made = curve(trace(NaN, NaN), LOOK, ALL, 100);
  assert.deepEqual(made.marks, [{ x: 0, text: "NaN at iterations 0 to 1" }]);
  assert.ok(made.markY > 0 && Number.isFinite(made.markY));
});

test("marks are at most so many that they can be drawn", () => {
  const losses = Array.from({ length: 1000 }, (_, i) => (i % 2 ? NaN : 1));
  const { marks } = curve(trace(...losses), LOOK, ALL, 5000);
  assert.deepEqual(marks.map(({ x }) => x), Array.from({ length: 50 }, (_, i) => 2 * i + 1));
});

test("a view takes one iteration more on each side, so that the line goes to the edge", () => {
  const made = curve(trace(...Array.from({ length: 20 }, (_, i) => i)), LOOK, [4.5, 8.2], 100);
  assert.equal(made.x[0], 3);
  assert.ok(made.x[made.x.length - 1] >= 9);
});

test("a long trace is drawn in about as many points as asked for", () => {
  const losses = Float64Array.from({ length: 50_000 }, (_, i) => 1 / (i + 1));
  const made = curve(trace(...losses), LOOK, ALL, 1000);
  assert.ok(made.x.length <= 1600);
  assert.equal(made.x[made.x.length - 1], 49_999);
  made.x.forEach((x, i) => assert.equal(made.y[i], losses[x]));
});

test("what is not on the lines is counted, over all curves", () => {
  const traces = [trace(1, NaN, NaN, Infinity), trace(0, -1, -Infinity, NaN)];
  const crosses = "Not finite, marked by a cross: 1 × +inf, 1 × -inf, 3 × NaN";
  assert.equal(unshown(traces, "linear"), crosses);
  assert.equal(unshown(traces, "log"), `${crosses} · Not on a log axis: 2 × zero or less`);
});

test("a curve is wider for each that lies upon it", () => {
  const [alone, twice, thrice] = [1, 2, 3].map((n) => widths(Array(n).fill(trace(9, 5, 1)))[0]);
  assert.ok(alone < twice && twice < thrice);
  assert.deepEqual(widths([trace(9, 5, 1), trace(9, 5, 1)]), [twice, alone]);
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
