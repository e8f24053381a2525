import assert from "node:assert/strict";
import { test } from "node:test";

import { Rows } from "../../frontend/model/rows.js";
import { seeded, whole } from "./seeded.js";

const measured = (start, stop, every) => {
  const iterations = [];
  for (let i = Math.ceil(start / every) * every; i < stop; i += every) iterations.push(i);
  return iterations;
};
const take = (rows, iterations) => rows.take(1, iterations, iterations.map((i) => 2 * i));
const kept = (rows) => [...(rows.channels.get(1)?.iterations ?? [])];

test("rows come in any pieces, more than once, and are there once and in order", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = seeded(seed);
    const every = whole(random, 1, 10);
    const rows = new Rows("a", every);
    for (let i = 0; i < 30; i++) {
      const start = Math.max(0, rows.next - whole(random, 0, 40));
      assert.ok(take(rows, measured(start, rows.next + whole(random, 0, 40), every)));
    }
    assert.deepEqual(kept(rows), measured(0, rows.next, every));
    assert.deepEqual([...(rows.channels.get(1)?.values ?? [])], kept(rows).map((i) => 2 * i));
  }
});

test("where rows are missing between, nothing is taken", () => {
  const rows = new Rows("a", 5);
  assert.ok(take(rows, [0, 5]));
  assert.ok(!take(rows, [15, 20]));
  assert.deepEqual([kept(rows), rows.next], [[0, 5], 6]);
  assert.ok(take(rows, [10, 15]));
  assert.deepEqual(kept(rows), [0, 5, 10, 15]);
});

test("what comes next is what some channel has not yet", () => {
  const rows = new Rows("a", 5);
  rows.begin = 50;
  assert.equal(rows.next, 50);
  rows.take(1, [50, 55], [1, 1]);
  rows.take(2, [50], [1]);
  assert.equal(rows.next, 51);
});

test("past its bound every second row goes, over the whole of it, and the newest is always known", () => {
  const rows = new Rows("a", 2, 8);
  take(rows, measured(0, 2 * 100, 2));
  const iterations = kept(rows);
  assert.ok(iterations.length > 4 && iterations.length <= 8, String(iterations));
  const gaps = new Set(iterations.slice(1).map((iteration, i) => iteration - iterations[i]));
  assert.deepEqual([iterations[0], gaps.size], [0, 1]);
  assert.deepEqual(rows.channels.get(1)?.newest, { iteration: 198, value: 396 });
  assert.equal(rows.next, 199);
});

test("the first value that is not finite is told, even where it is not kept", () => {
  const rows = new Rows("a", 1, 4);
  for (let i = 0; i < 50; i++) rows.take(1, [i], [i === 21 ? NaN : 1]);
  assert.deepEqual(rows.channels.get(1)?.broken, { iteration: 21, value: NaN });
});
