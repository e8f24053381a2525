import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL_BUT_SEED } from "../../frontend/model/groups.js";
import { Listing } from "../../frontend/model/listing.js";
import { State } from "../../frontend/model/state.js";
import { CATALOG, run } from "./runs.js";
import { seeded } from "./seeded.js";

function started(...runs) {
  const state = new State();
  const listing = new Listing(state);
  state.set({ catalog: CATALOG });
  state.merge(runs);
  listing.update();
  return { state, listing, ids: () => listing.runs.map(({ id }) => id), keys: () => listing.items.map(({ key }) => key) };
}

test("runs come newest first, and those that come later come to the top", () => {
  const { state, listing, ids } = started(run("one"), run("two"));
  assert.deepEqual(ids(), ["two", "one"]);
  state.merge([run("three")]);
  listing.update();
  assert.deepEqual(ids(), ["three", "two", "one"]);
  state.forget(["two"]);
  listing.update();
  assert.deepEqual(ids(), ["three", "one"]);
});

test("what changes of a run moves it, lets it through, or takes it away", () => {
  const { state, listing, ids } = started(run("a", {}, { loss: 1 }), run("b", {}, { loss: 2 }), run("c", {}, { loss: 3 }));
  state.look({ sort: "loss", filter: "status:finished" });
  listing.update();
  assert.deepEqual(ids(), ["a", "b", "c"]);
  state.merge([{ id: "a", loss: "NaN" }, { id: "b", status: "failed" }]);
  listing.update();
  assert.deepEqual(ids(), ["c", "a"]);
  state.merge([{ id: "b", status: "finished", loss: 5 }]);
  listing.update();
  assert.deepEqual(ids(), ["c", "b", "a"]);
});

test("as long as rows are to stay, only runs that come and go are looked at", () => {
  const { state, listing, ids } = started(run("a", {}, { loss: 1 }), run("b", {}, { loss: 2 }));
  state.look({ sort: "loss" });
  listing.update();
  state.merge([{ id: "a", loss: 9 }, run("new", {}, { loss: 0 })]);
  listing.update(true);
  assert.deepEqual(ids(), ["new", "a", "b"]);
  assert.ok(listing.isBehind);
  listing.update();
  assert.deepEqual(ids(), ["new", "b", "a"]);
  assert.ok(!listing.isBehind);
});

test("a change that moves nothing leaves the version as it is", () => {
  const { state, listing } = started(run("a", {}, { loss: 1 }), run("b", {}, { loss: 2 }));
  const { version } = listing;
  state.merge([{ id: "a", loss: 9 }]);
  listing.update();
  assert.equal(listing.version, version);
  state.look({ sort: "-loss" });
  listing.update();
  assert.notEqual(listing.version, version);
});

test("after any changes the list is as one that is made anew", () => {
  const random = seeded(7);
  const { state, listing, ids } = started();
  state.look({ sort: "-loss", filter: "seed:0,1" });
  for (let round = 0; round < 200; round++) {
    const known = [...state.runs.keys()];
    const one = known[Math.floor(random() * known.length)];
    const loss = random() < 0.2 ? "NaN" : Math.floor(10 * random());
    if (!one || random() < 0.4) state.merge([run(`run ${round}`, { seed: round % 3 }, { loss })]);
    else if (random() < 0.3) state.forget([one]);
    else state.merge([{ id: one, loss }]);
    if (random() < 0.5) listing.update();
  }
  listing.update();
  const anew = new Listing(state);
  anew.update();
  assert.deepEqual(ids(), anew.runs.map(({ id }) => id));
});

test("a group heads its runs, is folded, and unfolds", () => {
  const { state, listing, keys } = started(
    run("a", { relu: "relu", seed: 1 }),
    run("b", { relu: "clamp", seed: 2 }),
    run("c", { relu: "relu", seed: 3 }),
  );
  state.look({ group: "relu" });
  listing.update();
  assert.deepEqual(keys(), ['relu="relu"', "c", "a", 'relu="clamp"', "b"]);
  assert.equal(listing.positionOf("b"), 4);
  state.fold(['relu="relu"'], true);
  listing.update();
  assert.deepEqual(keys(), ['relu="relu"', 'relu="clamp"', "b"]);
  assert.equal(listing.positionOf("a"), -1);
  state.look({ group: ALL_BUT_SEED });
  listing.update();
  assert.deepEqual(listing.items.map(({ run, group }) => run?.id ?? group.runs.length), [2, "c", "a", 1, "b"]);
});

test("the run beside one is the next in the rows, whatever they are ordered, filtered and grouped by", () => {
  const { state, listing } = started(
    run("a", { seed: 1 }, { loss: 3 }),
    run("b", { seed: 2 }, { loss: 1 }),
    run("c", { seed: 1 }, { loss: 2 }),
    run("d", { seed: 2 }, { loss: 4 }),
    run("e", { seed: 3 }, { loss: 0, status: "running" }),
  );
  const way = (id, step) => {
    const ids = [];
    for (let run = listing.beside(id, step); run; run = listing.beside(run.id, step)) ids.push(run.id);
    return ids.join(" ");
  };
  state.look({ sort: "loss", filter: "-status:running" });
  listing.update();
  assert.equal(way("b", 1), "c a d");
  assert.equal(way("a", -1), "c b");
  for (const absent of ["", "e"]) {
    assert.equal(way(absent, 1), "b c a d");
    assert.equal(way(absent, -1), "d a c b");
  }

  state.look({ group: "seed" });
  listing.update();
  assert.equal(way("", 1), "b d c a");
  const [second, first] = listing.items.flatMap(({ group }) => group?.key ?? []);
  state.fold([second], true);
  listing.update();
  assert.equal(way("b", 1), "c a");
  assert.equal(way("a", -1), "c");
  state.fold([first], true);
  listing.update();
  assert.equal(listing.beside("c", -1), undefined);
});
