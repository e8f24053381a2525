import assert from "node:assert/strict";
import { test } from "node:test";

import { sentence, told } from "../../frontend/model/told.js";

const event = (kind, changes = null) => ({ iteration: 3, at: 1, kind, reason: null, changes });

test("a setting is told as people write it", () => {
  for (const [name, value, expected] of [
    ["lr", 1e-6, "1e-6"],
    ["iterations", 60_000, "60,000"],
    ["seed", 12_345_678_901, "12345678901"],
    ["nesterov", false, "no"],
    ["lr_w1", null, "none"],
    ["pace", null, "full speed"],
    ["pace", 50, "50"],
    ["relu", "clamp", "clamp"],
    ["lr", "NaN", "NaN"],
  ])
    assert.equal(told(name, value), expected);
});

test("what happened is told in words, a change by what was and what is", () => {
  assert.equal(sentence(event("running"), []), "began to train");
  assert.equal(sentence(event("running"), [event("running"), event("paused")]), "went on");
  assert.equal(sentence(event("changed", { "update.lr": [1e-6, 1e-7], pace: [50, null] }), []), "lr 1e-6 → 1e-7, pace 50 → full speed");
  assert.equal(sentence(event("forked", { relu: ["clamp", "relu"] }), []), "forked: relu clamp → relu");
  assert.equal(sentence(event("something new"), []), "something new");
});
