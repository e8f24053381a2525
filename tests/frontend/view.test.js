import assert from "node:assert/strict";
import { test } from "node:test";

import { initial, read, shared, withIds, write } from "../../frontend/model/view.js";

const IDS = ["0a1b2c3d-aaaa", "11112222-bbbb"];

test("an address says nothing where all is as at first", () => {
  assert.equal(write(initial()), "");
  assert.deepEqual(read(""), initial());
});

test("an address that is read says what was seen, with short ids", () => {
  const view = {
    ...initial(),
    layout: "difference", scale: "linear", x: "seconds", xscale: "log", axes: "own", smoothing: 0.9,
    runs: IDS, pair: IDS, run: IDS[0], filter: "relu:clamp lr<1e-5 a&b=c #?", group: "update.lr", sort: "-loss",
    columns: ["seed", "update.lr"], differing: true, colours: { [IDS[1]]: 5 },
    zooms: { all: { x: [1, 20.5], y: null }, difference: { x: null, y: [1e-7, 0.5] } }, start: false,
  };
  const back = withIds(read(`?${write(view)}`), (short) => IDS.find((id) => id.startsWith(short)) ?? short);
  assert.deepEqual(back, view);
  assert.ok(write(view).length < 320, write(view));
});

test("zooms of groups are said like those of runs, whatever the groups are called", () => {
  const keys = ['relu="clamp"', 'tags=["a,b","c;d"]', 'name="100%25 ~ %2C &=#+"', "lr=1e-6", "all-but-seed=1x3-9z"];
  const zooms = Object.fromEntries(keys.map((key, i) => [key, { x: null, y: [i, i + 1] }]));
  const view = { ...initial(), layout: "grid", group: "relu", zooms };
  assert.deepEqual(read(`?${write(view)}`), view);
  assert.deepEqual(read(new URL(`http://x/?${write(view)}`).search), view);
});

test("what makes no sense in an address is passed over", () => {
  const odd = "layout=round&scale=&x=moons&smoothing=1&pair=a&zooms=all,9~1,;b,1~2~3,&colours=a-x.b&start=yes&nothing=1";
  assert.deepEqual(read(odd), { ...initial(), zooms: {}, colours: {} });
  for (const smoothing of ["NaN", "-0.1", "1.5", "x"])
    assert.equal(read(`smoothing=${smoothing}`).smoothing, 0);
});

test("that no run is shown is said, too", () => {
  const view = { ...initial(), runs: [] };
  assert.deepEqual(read(write(view)).runs, []);
});

test("who follows sees what is seen, but not what is this page's own", () => {
  const told = shared({ ...initial(), layout: "grid", at: 7, start: false, embed: true });
  assert.equal(told.layout, "grid");
  assert.equal(told.at, 7);
  for (const own of ["start", "embed", "follow"]) assert.ok(!(own in told));
});

test("where somebody points is not in an address", () => {
  assert.equal(write({ ...initial(), at: 9 }), "");
});
