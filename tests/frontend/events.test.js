import assert from "node:assert/strict";
import { test } from "node:test";

import { Agenda, changesOf } from "../../frontend/model/events.js";

const run = (id, change = {}) => ({
  id,
  status: "running",
  reason: null,
  iteration: 3,
  spec: { update: { rule: "sgd", lr: 1 } },
  ...change,
});
/** Which runs are asked for, from `now` on for `ms`, whenever one is due. */
function asked(agenda, wanted, now, ms) {
  const found = [];
  for (const end = now + ms; now <= end; ) {
    const { run, wait } = agenda.next(wanted, now);
    if (run) {
      agenda.ask(run, now);
      found.push(run.id);
    }
    now += Math.max(1, Math.min(wait, ms));
  }
  return found;
}

test("each run is asked for once when it is first seen, those that matter most first", () => {
  const agenda = new Agenda();
  const wanted = ["c", "a", "b"].map((id) => run(id));
  assert.deepEqual(asked(agenda, wanted, 0, 5000), ["c", "a", "b"]);
  assert.equal(agenda.next(wanted, 9999).wait, Infinity);
});

test("four a second are asked for at most", () => {
  const wanted = Array.from({ length: 64 }, (_, i) => run(`run ${i}`));
  const { length } = asked(new Agenda(), wanted, 0, 10_000);
  assert.ok(length > 35 && length <= 41, String(length));
});

test("a run is asked for again where something has happened to it, and not for its curve alone", () => {
  const agenda = new Agenda();
  const a = run("a");
  assert.deepEqual(asked(agenda, [a], 0, 2000), ["a"]);
  let now = 5000;
  for (const change of [
    { status: "paused" },
    { iteration: 9 }, // a step of a run that rests
    { reason: "told" },
    { status: "running", spec: { update: { rule: "sgd", lr: 2 } } },
  ]) {
    Object.assign(a, change);
    assert.deepEqual(asked(agenda, [a], (now += 5000), 2000), ["a"], JSON.stringify(change));
  }
  a.iteration = 100;
  assert.deepEqual(asked(agenda, [a], 50_000, 2000), []);
});

test("what changes many times a second is asked for at once, then once a second, and in the end", () => {
  const agenda = new Agenda();
  const a = run("a");
  asked(agenda, [a], 0, 2000);
  let count = 0;
  for (let now = 5000; now < 8000; now += 50) {
    a.spec = { update: { rule: "sgd", lr: now } };
    count += asked(agenda, [a], now, 0).length;
  }
  assert.equal(count, 3);
  assert.deepEqual(asked(agenda, [a], 8000, 2000), ["a"]);
});

test("a run in doubt is asked for again though nothing is seen of it; after a new connection all are", () => {
  const agenda = new Agenda();
  const wanted = [run("a"), run("b")];
  asked(agenda, wanted, 0, 5000);
  agenda.doubt("b");
  assert.deepEqual(asked(agenda, wanted, 6000, 3000), ["b"]);
  agenda.doubtAll();
  assert.deepEqual(asked(agenda, wanted, 10_000, 3000), ["a", "b"]);
});

test("changes are told by the names of the settings, a rule by its own", () => {
  const changes = {
    "update.lr": [1, 2],
    pace: [50, null],
    update: [{ rule: "sgd", lr: 1 }, { rule: "adam", lr: 2 }],
  };
  assert.deepEqual(changesOf({ changes }), [
    { name: "lr", was: 1, now: 2 },
    { name: "pace", was: 50, now: null },
    { name: "rule", was: "sgd", now: "adam" },
  ]);
  assert.deepEqual(changesOf({ changes: null }), []);
});
