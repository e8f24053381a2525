import assert from "node:assert/strict";
import { test } from "node:test";

import { address, kept, Mirror, opened, restored, seen, told } from "../../frontend/model/presentation.js";
import { State } from "../../frontend/model/state.js";

const ID = (number) => `${number}`.repeat(8) + "-0000-4000-8000-000000000000";

const run = (number, fields = {}) => ({
  id: ID(number),
  spec: { name: null, relu: "clamp", update: { rule: "sgd", lr: 1e-6 }, iterations: 500 },
  status: "running",
  iteration: 0,
  created_at: number,
  ...fields,
});

/** A page that knows these runs, and sees what an address says. */
function page(...numbers) {
  const state = new State();
  state.merge(numbers.map((number) => run(number)));
  return state;
}

/** What one page shows, as it comes over the wire to another. */
const follow = (follower, teacher) =>
  follower.look(seen(JSON.parse(JSON.stringify(told(teacher)))));

test("a follower sees what is shown, pinned to its runs and their colours", () => {
  const [teacher, follower] = [page(1, 2, 3), page(3, 2, 1)];
  follower.look({ follow: "abcdef" });
  teacher.look({ layout: "grid", scale: "linear", at: 17, zooms: { all: { x: [3, 9.5], y: null } } });
  teacher.hide([ID(2)]);
  follow(follower, teacher);
  assert.deepEqual([...follower.shownIds].sort(), [ID(1), ID(3)]);
  const { layout, scale, at, zooms } = follower.view;
  assert.deepEqual({ layout, scale, at, zooms }, { layout: "grid", scale: "linear", at: 17, zooms: teacher.view.zooms });
  for (const number of [1, 3]) assert.equal(follower.placeOf(ID(number)), teacher.placeOf(ID(number)));
});

test("a pair that is on no chart and a run close up have the presenter's colours, too", () => {
  const teacher = page(1, 2, 3, 4, 5, 6, 7);
  teacher.look({ layout: "difference", pair: [ID(5), ID(6)], run: ID(7) });
  teacher.hide([ID(5), ID(6), ID(7)]);
  const follower = page(5, 6, 7); // of the others it has never heard
  follower.look({ follow: "abcdef" });
  follow(follower, teacher);
  for (const number of [5, 6, 7]) assert.equal(follower.placeOf(ID(number)), teacher.placeOf(ID(number)));
});

test("a hand that points changes nothing but the point", () => {
  const [teacher, follower] = [page(1, 2), page(1, 2)];
  follower.look({ follow: "abcdef" });
  const mirror = new Mirror(follower);
  const tell = () => mirror.show(JSON.parse(JSON.stringify(told(teacher))));
  let changes = 0;
  teacher.look({ scale: "linear" });
  tell();
  follower.look({ layout: "difference", pair: [ID(2), ID(1)] });
  follower.subscribe(() => changes++);
  teacher.point(7);
  tell();
  assert.equal(follower.view.at, 7);
  teacher.point(null);
  tell();
  assert.equal(follower.view.at, null);
  assert.deepEqual([changes, follower.view.layout, follower.view.pair], [0, "difference", [ID(2), ID(1)]]);
  teacher.look({ scale: "log" });
  tell();
  assert.deepEqual([changes, follower.view.layout, follower.view.scale], [1, "overlay", "log"]);
});

test("what is a page's own stays its own", () => {
  const [teacher, follower] = [page(1), page(1)];
  teacher.look({ start: false, follow: "", embed: false });
  follower.look({ follow: "abcdef", embed: true });
  follow(follower, teacher);
  assert.deepEqual([follower.view.follow, follower.view.embed, follower.view.start], ["abcdef", true, true]);
  assert.equal(new URLSearchParams(told(teacher).address).has("start"), false);
});

test("what is undone there is undone here", () => {
  const [teacher, follower] = [page(1), page(1)];
  teacher.look({ layout: "grid", smoothing: 0.9, run: ID(1) });
  follow(follower, teacher);
  assert.equal(follower.view.run, ID(1));
  teacher.look({ layout: "overlay", smoothing: 0, run: "" });
  follow(follower, teacher);
  assert.deepEqual([follower.view.layout, follower.view.smoothing, follower.view.run], ["overlay", 0, ""]);
});

test("a run that is shown before it is told of here is seen as soon as it is", () => {
  const [teacher, follower] = [page(1, 2), page(1)];
  follow(follower, teacher);
  assert.deepEqual([...follower.shownIds], [ID(1)]);
  follower.merge([run(2)]);
  assert.deepEqual([...follower.shownIds].sort(), [ID(1), ID(2)]);
});

test("a follower is shown no run that its presenter does not see", () => {
  const [teacher, follower] = [page(1), page(1)];
  follower.look({ follow: "abcdef" });
  follow(follower, teacher);
  follower.merge([run(2)]);
  assert.deepEqual([...follower.shownIds], [ID(1)]);
});

test("an empty stage is shown empty", () => {
  const [teacher, follower] = [page(1), page(1)];
  teacher.hide([ID(1)]);
  follow(follower, teacher);
  assert.deepEqual([...follower.shownIds], []);
});

test("whatever is told, what makes no sense is as at first", () => {
  for (const odd of [{}, { address: 5, at: "x" }, { address: "layout=pie&smoothing=7", at: 1e999 }, { address: null }]) {
    const view = seen(odd);
    assert.deepEqual([view.layout, view.smoothing, view.at, view.runs], ["overlay", 0, null, null]);
  }
  assert.equal("follow" in seen({ address: "follow=evil&embed=1" }), false);
});

test("a view with many runs takes no more than the wire carries", () => {
  const many = new State();
  many.set({ catalog: { limits: { watched_runs: 1003 } } });
  const id = (n) => `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
  many.merge(Array.from({ length: 1000 }, (_, n) => ({ ...run(1), id: id(n), created_at: n })));
  many.show(many.runs.keys());
  assert.equal(many.shown().length, 1000);
  assert.ok(JSON.stringify(told(many)).length < 16 * 1024);
});

test("a link names the runs that are seen, and none to come", () => {
  const state = page(1, 2);
  assert.equal(address(state), "runs=11111111.22222222");
  state.look({ layout: "grid", follow: "abcdef" });
  assert.equal(address(state), "layout=grid&runs=11111111.22222222");
});

test("codes are such as the server takes, and each is another", () => {
  const all = Array.from({ length: 200 }, opened);
  for (const { id, key } of all) {
    assert.match(id, /^[a-z0-9-]{4,32}$/);
    assert.match(key, /^[!-~]{16,64}$/);
  }
  assert.equal(new Set(all.map(({ key }) => key)).size, 200);
});

test("a presentation is found again after a reload", () => {
  const presentation = opened();
  assert.deepEqual(restored(kept(presentation)), presentation);
  for (const odd of [null, "", "one", "one two three", " "]) assert.equal(restored(odd), null);
});
