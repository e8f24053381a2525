import assert from "node:assert/strict";
import { test } from "node:test";

import { Difference } from "../../frontend/model/difference.js";
import { Trace } from "../../frontend/model/traces.js";
import { Histories } from "../../frontend/wire/history.js";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A server that answers each question when it is told to; and what it was asked. */
function server(t) {
  const asked = [];
  t.mock.method(globalThis, "fetch", (path) => {
    const { promise, resolve } = Promise.withResolvers();
    const told = new URL(path, "http://server");
    const of = Object.fromEntries(told.searchParams);
    asked.push({ path, of, answer: () => resolve(Response.json(overview(Number(of.start ?? 0), Number(of.stop ?? 1000)))) });
    return promise;
  });
  return asked;
}

const overview = (start, stop) => ({
  start,
  stop,
  every: 1,
  iterations: [start, stop - 1],
  losses: [1, 1],
  means: [],
  spans: [],
  not_finite: {},
  not_positive: 0,
  last: null,
  at: [1, 2],
});

function long() {
  const trace = new Trace();
  trace.append({ id: "a", first: 0, losses: new Float64Array(1000).fill(1), producedAt: 1 });
  return trace;
}

test("what is under way is not asked for again, however often the page is drawn meanwhile", async (t) => {
  const asked = server(t);
  const [trace, drawn] = [long(), []];
  const histories = new Histories({ traces: new Map([["a", trace]]), changed() {} }, (id) => drawn.push(id));
  const part = { start: 100, stop: 200, points: 50 };
  const draw = () => {
    histories.refine("a", trace, 0, part);
    histories.times("a", trace);
  };
  draw();
  draw();
  assert.deepEqual(asked.map(({ path }) => path), [
    "api/runs/a/losses?start=50&stop=250&points=200&smoothing=0",
    "api/runs/a/times",
  ]);
  for (const { answer } of asked) answer();
  await settle();
  draw();
  assert.equal(asked.length, 2);
  assert.deepEqual(drawn, ["a", "a"]);
});

test("of parts that are wanted while one is under way, the newest is asked for when it has come", async (t) => {
  const asked = server(t);
  const trace = long();
  const histories = new Histories({ traces: new Map([["a", trace]]), changed() {} }, () => {});
  const look = (start) => histories.refine("a", trace, 0, { start, stop: start + 100, points: 50 });
  look(100);
  look(300);
  look(500);
  assert.equal(asked.length, 1);
  asked[0].answer();
  await settle();
  assert.deepEqual(asked.map(({ of }) => of.start), ["50", "450"]);
  asked[1].answer();
  look(300);
  look(500); // back to what is under way: nothing else is wanted any more
  await settle();
  assert.equal(asked.length, 2);
});

test("another curve of the same name is asked for, though the old one is under way", async (t) => {
  const asked = server(t);
  const histories = new Histories({ traces: new Map(), changed() {} }, () => {});
  for (const trace of [long(), long()]) histories.times("a", trace);
  asked[0].answer();
  await settle();
  assert.equal(asked.length, 2);
});

test("after a question was refused and a rest, the chart is drawn anew, which asks again", async (t) => {
  const asked = server(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.fetch.mock.mockImplementation(async (path) => {
    asked.push(path);
    throw new TypeError("nobody is there");
  });
  const [a, b] = [long(), long()];
  const difference = new Difference(a, b);
  const histories = new Histories({ traces: new Map(), changed() {} }, (id) => {
    assert.equal(id, "a");
    histories.apart(["a", "b"], difference);
  });
  histories.apart(["a", "b"], difference);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.equal(asked.length, 1);
  t.mock.timers.tick(5000);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.equal(asked.length, 2);
});
