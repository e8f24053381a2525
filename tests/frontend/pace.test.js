import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Held } from "../../frontend/model/held.js";
import { PLACES, paceAt, placeOf } from "../../frontend/model/pace.js";
import { Latest } from "../../frontend/wire/latest.js";

test("the slider goes from 1 to 10,000 iterations a second, and to full speed at its end", () => {
  assert.deepEqual([paceAt(0), paceAt(20), paceAt(80), paceAt(PLACES)], [1, 10, 10_000, null]);
  for (let place = 0; place <= 80; place++) assert.equal(placeOf(paceAt(place)), place);
  assert.equal(placeOf(null), PLACES);
  assert.deepEqual([placeOf(0.01), placeOf(1e6)], [0, 80]);
});

test("what is asked for is shown until the server tells the same, or has had its time", () => {
  let now = 0;
  const held = new Held(() => now);
  assert.equal(held.shown(1), 1);
  held.ask(5);
  now = 1e6;
  assert.equal(held.shown(1), 5, "as long as there is no answer");
  held.taken();
  assert.equal(held.shown(1), 5);
  assert.equal(held.shown(5), 5);
  assert.equal(held.shown(2), 2, "once it has told it, its word holds");
  held.ask(null);
  held.taken();
  now += 2000;
  assert.equal(held.shown(7), 7);
  held.ask(9);
  held.drop();
  assert.equal(held.shown(7), 7, "what was refused is shown no longer");
});

test("of what is moved fast one is sent at a time, and the last one in the end", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent = [];
  let answer = () => {};
  const latest = new Latest((value) => {
    sent.push(value);
    return new Promise((resolve) => (answer = resolve));
  });
  for (let value = 0; value < 10; value++) latest.set(value);
  assert.deepEqual(sent, [0]);
  answer();
  await settle();
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(sent, [0, 9]);
  answer();
  await settle();
  mock.timers.tick(1000);
  await settle();
  assert.equal(latest.isBusy, false);
  latest.set(10);
  assert.deepEqual(sent, [0, 9, 10]);
  mock.timers.reset();
});

const settle = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};
