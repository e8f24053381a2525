import assert from "node:assert/strict";
import { test } from "node:test";

import * as texts from "../../frontend/texts.js";

const { limits } = texts.start;

/** Each input with the text that is to come of it. */
const told = (write, cases) => () => {
  for (const [given, expected] of cases) assert.equal(write(given), expected, String(given));
};

/** Each schema with what is told of it. */
const toldOf = (cases) => () => {
  for (const [schema, expected] of cases) assert.equal(limits(schema), expected);
};

test(
  "the bounds and the default of a number are told as a sentence",
  toldOf([
    [{ type: "number", minimum: 0, maximum: 1, default: 0.9 }, "0 to 1; 0.9 by default."],
    [{ type: "integer", minimum: 1, maximum: 99, default: 5 }, "1 to 99; 5 by default."],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, "Above 0, below 1."],
    [{ type: "number", minimum: 0, exclusiveMaximum: 1 }, "At least 0, below 1."],
    [{ type: "number", maximum: 0, default: -0.8 }, "At most 0; -0.8 by default."],
    [{ type: "number", default: 1e-8 }, "1e-8 by default."],
  ]),
);

test(
  "bounds of a number that may be left out are told, and none that nobody runs into",
  toldOf([
    [{ anyOf: [{ type: "number", minimum: 0, maximum: 3.4e38 }, { type: "null" }], default: null }, "At least 0."],
    [{ type: "number", minimum: -3.4e38, maximum: 3.4e38 }, ""],
  ]),
);

test(
  "of what is no number nothing is told",
  toldOf([
    [{ type: "boolean", default: false }, ""],
    [{ type: "string", enum: ["a"], default: "a" }, ""],
    [{}, ""],
  ]),
);

test(
  "a reason tells of losses as the page does",
  told(texts.table.reason, [
    ["", ""],
    ["the loss of iteration 7 is Infinity", "the loss of iteration 7 is +inf"],
    ["the loss of iteration 7 is -Infinity", "the loss of iteration 7 is -inf"],
    ["the loss of iteration 2 is NaN", "the loss of iteration 2 is NaN"],
  ]),
);

test("why runs are not stored is told in the server's words", () => {
  assert.equal(texts.status.notStored("database or disk is full"), "not stored: database or disk is full");
});

test(
  "runs that are gone are counted",
  told(texts.notice.vanished, [
    [1, "1 run is no longer on the server: deleted, or lost when it was restarted."],
    [2000, "2,000 runs are no longer on the server: deleted, or lost when it was restarted."],
  ]),
);
