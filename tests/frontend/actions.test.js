import assert from "node:assert/strict";
import { test } from "node:test";

import { act } from "../../frontend/actions.js";
import { State } from "../../frontend/model/state.js";
import { run } from "./runs.js";

/** A server of runs that answers each request when it is told to, the newest first. */
function serverOf(...runs) {
  const known = new Map(runs.map((one) => [one.id, structuredClone(one)]));
  const waiting = [];
  globalThis.fetch = (path, { method, body }) =>
    new Promise((resolve) => {
      waiting.push(() => {
        const found = known.get(path.split("/").at(-1));
        if (method === "PATCH") Object.assign(found.spec, JSON.parse(body));
        resolve(new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } }));
      });
    });
  const answer = async () => {
    await new Promise(setImmediate);
    waiting.pop()?.();
    await new Promise(setImmediate);
    return waiting.length > 0;
  };
  return { known, answer };
}

/** Whatever the socket has not told yet, the page does not know: its rows are as they were. */
function started() {
  const runs = [run("a", { tags: ["old"] }), run("b")];
  const state = new State();
  state.merge(structuredClone(runs));
  return { state, ...serverOf(...runs) };
}

async function settled(answer, ...asked) {
  const all = Promise.all(asked);
  while (await answer());
  await all;
}

test("tags that are changed one right after the other are all changed", async () => {
  const { state, known, answer } = started();
  await settled(
    answer,
    act(state, "tag", ["a", "b"], { add: ["one"] }),
    act(state, "tag", ["a"], { add: ["two"] }),
    act(state, "tag", ["a"], { remove: ["old"] }),
  );
  assert.deepEqual(known.get("a").spec.tags, ["one", "two"]);
  assert.deepEqual(known.get("b").spec.tags, ["one"]);
});

test("a tag that is added once the one before is answered does not take it back", async () => {
  const { state, known, answer } = started();
  await settled(answer, act(state, "tag", ["a"], { add: ["one"] }));
  await settled(answer, act(state, "tag", ["a"], { add: ["two"] }));
  assert.deepEqual(known.get("a").spec.tags, ["old", "one", "two"]);
});

test("of several changes of a run the last one holds, whichever request is the quickest", async () => {
  const { state, known, answer } = started();
  const named = ["first", "second"].map((name) => act(state, "rename", ["a"], { name }));
  await settled(answer, ...named);
  assert.equal(known.get("a").spec.name, "second");
});
