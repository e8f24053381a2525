import assert from "node:assert/strict";
import { test } from "node:test";

import { across } from "../../frontend/draw/axes.js";
import { Trace } from "../../frontend/model/traces.js";

/** A run of that id; one that was forked begins after so many iterations of another. */
const run = (id, started_at, from, iteration) => ({
  id, started_at, created_at: started_at, forked_from: from ? { id: from, iteration } : null,
});

/** A trace whose iterations were done then. */
function timed(...marks) {
  const trace = new Trace();
  trace.times.correct(marks.map(([count]) => count), marks.map(([, at]) => at));
  return trace;
}

/** The seconds of some iterations of the last of these runs; of the others, all are known. */
function seconds(trace, iterations, ...runs) {
  const known = new Map(runs.map((one) => [one.id, one]));
  const axis = across("seconds", runs.at(-1), trace, known);
  for (const i of iterations) assert.ok(Math.abs(axis.iteration(axis.place(i)) - i) < 1e-6, `${i} and back`);
  return iterations.map((i) => axis.place(i));
}

test("a run's seconds are those since it was started", () => {
  assert.deepEqual(seconds(timed([10, 101], [20, 103]), [4, 9, 19], run("a", 100)), [0.5, 1, 3]);
});

test("a fork's seconds are its past's, and run on with its own", () => {
  const trace = timed([10, 101], [20, 103], [30, 904]);
  const fork = run("b", 900, "a", 20);
  assert.deepEqual(seconds(trace, [4, 9, 19, 29], run("a", 100), fork), [0.5, 1, 3, 7]);
});

test("so do those of a fork of a fork, and of one that begins before the first did", () => {
  const [a, b] = [run("a", 100), run("b", 900, "a", 20)];
  const both = timed([10, 101], [20, 103], [30, 904], [40, 5006]);
  assert.deepEqual(seconds(both, [9, 19, 29, 39], a, b, run("c", 5000, "b", 30)), [1, 3, 7, 13]);
  const one = timed([10, 101], [20, 5002]);
  assert.deepEqual(seconds(one, [9, 19], a, b, run("c", 5000, "b", 10)), [1, 3]);
});

test("of a past that is gone, the seconds are those since its first mark", () => {
  const trace = timed([10, 101], [20, 103], [30, 904]);
  assert.deepEqual(seconds(trace, [9, 19, 29], run("b", 900, "gone", 20)), [0, 2, 6]);
});

test("a replay has no past: its seconds are its own", () => {
  assert.deepEqual(seconds(timed([10, 902]), [9], run("a", 100), run("b", 900, "a", 0)), [2]);
});

test("neither seconds nor the time of day ever go backwards, whatever is known of the times", () => {
  const fork = run("b", 900, "a", 20);
  for (const runs of [[fork], [run("a", 100), fork]]) {
    for (const trace of [new Trace(), timed([10, 101], [20, 103]), timed([8, 101], [30, 904]), timed([30, 904])]) {
      for (const x of ["seconds", "clock"]) {
        const axis = across(x, fork, trace, new Map(runs.map((one) => [one.id, one])));
        const places = Array.from({ length: 40 }, (_, i) => axis.place(i));
        places.forEach((place, i) => assert.ok(i === 0 || place >= places[i - 1], `${x} at ${i}`));
      }
    }
  }
});
