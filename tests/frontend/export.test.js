import assert from "node:assert/strict";
import { test } from "node:test";

import { seen } from "../../frontend/draw/seen.js";
import { csv, fileName, json } from "../../frontend/model/export.js";
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

const table = async (state) =>
  csv(await seen(state))
    .join("")
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));

test("CSV has each loss to its last bit, and what is not finite by its name", async () => {
  const [head, ...rows] = await table(page({ odd: ODD, short: [7] }));
  assert.deepEqual(head, ["iteration", '"odd"', '"short"']);
  assert.deepEqual(rows.map(([iteration]) => Number(iteration)), [...ODD.keys()]);
  rows.forEach(([, loss], i) => assert.ok(Object.is(Number(loss), ODD[i] === 0 ? 0 : ODD[i]), loss));
  assert.deepEqual(rows.map((row) => row[2]), ["7", ...ODD.slice(1).map(() => "")]);
});

test("JSON tells the same, and what was asked of each run", async () => {
  const { from, runs } = JSON.parse(json(await seen(page({ odd: ODD })), "http://here/"));
  assert.equal(from, "http://here/");
  assert.deepEqual(runs[0].losses.slice(1, 4), ["NaN", "Infinity", "-Infinity"]);
  assert.equal(runs[0].losses[7], 0.1 + 0.2);
  assert.deepEqual([runs[0].start, runs[0].spec.relu], [0, "clamp"]);
});

test("only what is seen is taken: the runs that are shown, in the part that is zoomed", async () => {
  const state = page({ a: [0, 1, 2, 3, 4, 5], b: [9, 8, 7], hidden: [1] });
  state.hide(["hidden"]);
  state.look({ zooms: { all: { x: [1.5, 3.2], y: [0, 1] } } });
  assert.deepEqual(await table(state), [
    ["iteration", '"a"', '"b"'],
    ["2", "2", "7"],
    ["3", "3", ""],
  ]);
  state.look({ layout: "grid", axes: "own", zooms: { all: { x: [-5, 0.4], y: null } } });
  const own = (await seen(state)).map(({ run, start, losses }) => [run.id, start, losses.length]);
  assert.deepEqual(own, [["a", 0, 1], ["b", 0, 1]]); // prettier-ignore
  state.look({ layout: "difference", pair: ["b", "a"], zooms: { difference: { x: [0, 0], y: null } } });
  assert.deepEqual(await table(state), [["iteration", '"b"', '"a"'], ["0", "9", "0"]]); // prettier-ignore
});

test("on an axis of seconds, it is those that were done then", async () => {
  const state = page({ a: [] });
  state.runs.get("a").started_at = 100;
  const losses = Float64Array.from({ length: 11 }, (_, i) => i);
  state.traces.get("a").append({ id: "a", first: 0, losses, producedAt: 111 });
  state.look({ x: "seconds", zooms: { all: { x: [2.9, 5.1], y: null } } });
  assert.deepEqual((await table(state)).slice(1), [["2", "2"], ["3", "3"], ["4", "4"]]); // prettier-ignore
});

test("what the page does not hold is asked of the server", async () => {
  const state = page({ long: [] });
  const trace = state.traces.get("long");
  trace.seed({ start: 0, stop: 3000, every: 1000, at: [0, 1000, 2000], values: [3, 2, 1], means: [3, 2, 1],
    spans: [], notFinite: new Map(), notPositive: 0, last: { value: 1, finite: 3000 } }); // prettier-ignore
  const head = Buffer.alloc(128, " ");
  head.write("\x93NUMPY\x01\x00", "latin1");
  head.writeUInt16LE(118, 8);
  const asked = [];
  globalThis.fetch = async (path) => {
    asked.push(path);
    return new Response(Buffer.concat([head, Buffer.from(Float64Array.of(7, NaN, 1 / 3).buffer)]));
  };
  state.look({ zooms: { all: { x: [5, 7], y: null } } });
  assert.deepEqual((await table(state)).slice(1), [["5", "7"], ["6", "NaN"], ["7", String(1 / 3)]]); // prettier-ignore
  assert.deepEqual(asked, ["api/runs/long/losses?format=npy&start=5&stop=8"]);
});

test("runs that have no loss yet, or no such iteration, are left out or empty", async () => {
  const state = page({ waiting: [], a: [1] });
  assert.deepEqual((await seen(state)).map(({ run }) => run.id), ["a"]);
  state.look({ zooms: { all: { x: [5, 9], y: null } } });
  assert.deepEqual(await table(state), [["iteration", '"a"']]);
});

test("names are told apart, and none becomes a formula in a spreadsheet", async () => {
  const [head] = csv(await seen(page({ "same#1": [1], "same#2": [1], "=1+1": [1], 'a "b", c': [1] })));
  assert.equal(head, `iteration,"same (same#1)","same (same#2)","'=1+1","a ""b"", c"\r\n`);
});

test("very many iterations come in pieces", async () => {
  const state = page({ long: Array.from({ length: 25_000 }, (_, i) => i) });
  const pieces = csv(await seen(state));
  assert.equal(pieces.length, 4);
  assert.equal((await table(state)).length, 25_001);
});

test("a file's name says what is in it, on every system", async () => {
  const now = new Date(2026, 0, 2, 3, 4, 5);
  const name = (...titles) => fileName(titles, "csv", now);
  assert.equal(name("my run"), "reluscope-losses-my-run-2026-01-02-030405.csv");
  assert.equal(name("a", "b"), "reluscope-losses-2-runs-2026-01-02-030405.csv");
  assert.equal(name("../../é <x>:|?*\u0000"), "reluscope-losses-é-x-2026-01-02-030405.csv");
  assert.equal(name("..."), "reluscope-losses-2026-01-02-030405.csv");
  assert.ok(name("x".repeat(500)).length < 120);
});
