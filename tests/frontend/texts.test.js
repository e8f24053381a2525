import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
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

const FRONTEND = new URL("../../frontend/", import.meta.url);

/** The page's modules but for the texts themselves. */
const sources = readdirSync(FRONTEND, { recursive: true })
  .filter((path) => path.endsWith(".js") && path !== "texts.js")
  .map((path) => readFileSync(new URL(path, FRONTEND), "utf8"));

const COMMENT = /\/\*.*?\*\/|(?<!:)\/\/[^\n]*/gs;
const IMPORT = /import ([^;]*?) from "[./]*texts\.js";/;
const ALIAS = /const (\w+) = (\w+)((?:\.\w+)*);/g;
const TAKEN_APART = /const \{ ([\w, ]+) \} = (\w+);/g;
const CHAIN = /(?<![\w"'`#-]|\.(?!\.))(\w+)((?:\??\.\w+)*)/g;

/** The paths of the texts that a module reads; a path may be of an object that it reads by any key. */
function read(source) {
  const code = source.replace(COMMENT, "");
  const [whole = "", names] = IMPORT.exec(code) ?? [];
  if (!names) return [];
  /** By the name that the module has for it, the path of each object of texts. */
  const known = new Map();
  for (const [, name, alias] of names.matchAll(/([\w*]+)(?: as (\w+))?/g)) known.set(alias ?? name, name === "*" ? "" : name);
  const path = (name, keys) => [known.get(name), ...keys].filter(Boolean).join(".");
  let rest = code.replace(whole, "");
  rest = rest.replace(ALIAS, (statement, name, of, keys) => {
    if (!known.has(of)) return statement;
    known.set(name, path(of, keys.split(".")));
    return "";
  });
  const taken = [...rest.matchAll(TAKEN_APART)].flatMap(([, keys, of]) =>
    known.has(of) ? keys.split(", ").map((key) => path(of, [key])) : [],
  );
  const chains = [...rest.replace(TAKEN_APART, "").matchAll(CHAIN)].filter(([, of]) => known.has(of));
  return [...taken, ...chains.map(([, of, keys]) => path(of, keys.split(/\??\./)))];
}

/** The paths of all texts. */
const paths = (all, above = []) =>
  Object.entries(all).flatMap(([name, text]) =>
    text && typeof text === "object" ? paths(text, [...above, name]) : [[...above, name].join(".")],
  );

test("every text is told by some part of the page", () => {
  const told = new Set(sources.flatMap(read));
  const isTold = (path) => path.split(".").some((_, i, keys) => told.has(keys.slice(0, i + 1).join(".")));
  assert.deepEqual(paths(texts).filter((path) => !isTold(path)), []);
});
