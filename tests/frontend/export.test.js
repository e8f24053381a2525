import assert from "node:assert/strict";
import { test } from "node:test";

import { csv, fileName, json, series } from "../../frontend/model/export.js";
import { State } from "../../frontend/model/state.js";

const ODD = [1 / 3, NaN, Infinity, -Infinity, -0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2];

/** A page with a run of these losses for each name. */
function page(runs) {
  const state = new State();
  Object.keys(runs).forEach((id, n) => {
    const spec = { name: id.split("#")[0], relu: "clamp", update: { rule: "sgd" }, iterations: 9 };
    state.merge([{ id, spec, status: "finished", created_at: n }]);
  });
  for (const [id, losses] of Object.entries(runs))
    if (losses.length)
      state.traces.get(id).append({ id, first: 0, losses: Float64Array.from(losses), producedAt: 0 });
  return state;
}

const table = (state) =>
  csv(series(state))
    .join("")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));

test("CSV has each loss to its last bit, and what is not finite by its name", () => {
  const [head, ...rows] = table(page({ odd: ODD, short: [7] }));
  assert.deepEqual(head, ["iteration", '"odd"', '"short"']);
  assert.deepEqual(rows.map(([iteration]) => Number(iteration)), [...ODD.keys()]);
  rows.forEach(([, loss], i) => assert.ok(Object.is(Number(loss), ODD[i] === 0 ? 0 : ODD[i]), loss));
  assert.deepEqual(rows.map((row) => row[2]), ["7", ...ODD.slice(1).map(() => "")]);
});

test("JSON tells the same, and what was asked of each run", () => {
  const { from, runs } = JSON.parse(json(series(page({ odd: ODD })), "http://here/"));
  assert.equal(from, "http://here/");
  assert.deepEqual(runs[0].losses.slice(1, 4), ["NaN", "Infinity", "-Infinity"]);
  assert.equal(runs[0].losses[7], 0.1 + 0.2);
  assert.deepEqual([runs[0].start, runs[0].spec.relu], [0, "clamp"]);
});

test("only what is seen is taken: the runs that are shown, in the part that is zoomed", () => {
  const state = page({ a: [0, 1, 2, 3, 4, 5], b: [9, 8, 7], hidden: [1] });
  state.hide(["hidden"]);
  state.look({ zooms: { all: { x: [1.5, 3.2], y: [0, 1] } } });
  assert.deepEqual(table(state), [
    ["iteration", '"a"', '"b"'],
    ["2", "2", "7"],
    ["3", "3", ""],
  ]);
  state.look({ layout: "grid", axes: "own", zooms: { b: { x: [-5, 0.4], y: null } } });
  const seen = series(state).map(({ run, start, losses }) => [run.id, start, losses.length]);
  assert.deepEqual(seen, [["a", 0, 6], ["b", 0, 1]]); // prettier-ignore
  state.look({ x: "seconds", layout: "overlay", zooms: { all: { x: [1, 2], y: null } } });
  assert.equal(table(state).length, 7); // seconds are no iterations
});

test("runs that have no loss yet, or no such iteration, are left out or empty", () => {
  const state = page({ waiting: [], a: [1] });
  assert.deepEqual(series(state).map(({ run }) => run.id), ["a"]);
  state.look({ zooms: { all: { x: [5, 9], y: null } } });
  assert.deepEqual(table(state), [["iteration", '"a"']]);
});

test("names are told apart, and none becomes a formula in a spreadsheet", () => {
  const [head] = csv(series(page({ "same#1": [1], "same#2": [1], "=1+1": [1], 'a "b", c': [1] })));
  assert.equal(head, `iteration,"same (same#1)","same (same#2)","'=1+1","a ""b"", c"\r\n`);
});

test("very many iterations come in pieces", () => {
  const state = page({ long: Array.from({ length: 25_000 }, (_, i) => i) });
  const pieces = csv(series(state));
  assert.equal(pieces.length, 4);
  assert.equal(table(state).length, 25_001);
});

test("a file's name says what is in it, on every system", () => {
  const now = new Date(2026, 0, 2, 3, 4, 5);
  const name = (...titles) => fileName(titles, "csv", now);
  assert.equal(name("my run"), "reluscope-losses-my-run-2026-01-02-030405.csv");
  assert.equal(name("a", "b"), "reluscope-losses-2-runs-2026-01-02-030405.csv");
  assert.equal(name("../../é <x>:|?*\u0000"), "reluscope-losses-é-x-2026-01-02-030405.csv");
  assert.equal(name("..."), "reluscope-losses-2026-01-02-030405.csv");
  assert.ok(name("x".repeat(500)).length < 120);
});
