import assert from "node:assert/strict";
import { test } from "node:test";

import { nowhere, ranges, widen } from "../../frontend/draw/ranges.js";

const LINEAR = { scale: "linear", xscale: "linear" };
const LOG = { scale: "log", xscale: "linear" };

const curve = (y, more = {}) => ({
  line: { x: y.map((_, i) => i), y }, faint: null, band: null, marks: [], changes: [], ...more,
});

/** What an axis up shows of a curve. */
function up(one, scales) {
  const ends = nowhere();
  widen(ends, one, scales);
  return ranges(ends, scales, null).y;
}

test("an axis goes as far as lines do, with a little room", () => {
  const [low, high] = up(curve([5, 3, null, 1]), LINEAR);
  assert.ok(low < 1 && low > 0.5 && high > 5 && high < 5.5);
});

test("marks are within it, as what they stand on may not be", () => {
  for (const scales of [LINEAR, LOG]) {
    for (const kind of ["marks", "changes"]) {
      const [low, high] = up(curve([null, null], { [kind]: [{ x: 0, y: 1, text: "" }] }), scales);
      assert.ok(low < 1 && high > 1, kind);
      const [least, most] = up(curve([3, 2], { [kind]: [{ x: 0, y: 1, text: "" }, { x: 1, y: 9, text: "" }] }), scales);
      assert.ok(least < 1 && most > 9, kind);
    }
  }
});

test("where an axis cannot show a mark, it does not go there", () => {
  const [low] = up(curve([3, 2], { marks: [{ x: 0, y: 0, text: "" }] }), LOG);
  assert.ok(low > 1);
});
