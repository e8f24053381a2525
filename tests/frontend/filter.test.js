import assert from "node:assert/strict";
import { test } from "node:test";

import { filter } from "../../frontend/model/filter.js";
import { CATALOG, run } from "./runs.js";
import { valueOf } from "../../frontend/model/fields.js";

/** Runs that each differ from the others in something. */
const RUNS = [
  run("plain"),
  run("fast", { update: { rule: "sgd", lr: 1e-4, momentum: 0.9 }, tags: ["first try"] }),
  run("adam", { update: { rule: "adam", lr: 5e-7 }, relu: "clamp_min", seed: 3, tags: ["Baseline"] }),
  run("broken", { seed: 12 }, { status: "failed", loss: "NaN", iteration: 40, reason: "the loss of iteration 39 is NaN" }),
  run("far", { relu: "relu", hidden: 20 }, { loss: "Infinity", pinned: true, iteration: 500, created_at: 1_900_000_000 }),
  run("שלום 🚀 <b>"),
  run("young", { name: null, relu: "half_abs" }, { loss: null, min_loss: null, started_at: null, ended_at: null }),
];

/** @param {string} text @returns {string[]} the ids of the runs that pass */
const passing = (text) => RUNS.filter(filter(text, CATALOG).passes).map(({ id }) => id);
const all = RUNS.map(({ id }) => id);
const allBut = (...ids) => all.filter((id) => !ids.includes(id));

/** Each text with the ids of the runs that pass. */
const passes = (cases) => () => {
  for (const [text, expected] of cases) {
    assert.deepEqual(passing(text), expected, text);
    assert.deepEqual(filter(text, CATALOG).problems, [], text);
  }
};

test("an empty filter lets all through", passes([["", all], ["   ", all], ['""', all]]));

test("runs of a sweep are found by the beginning of its id, or a part of its name", () => {
  const of = (id, name) => run(id, {}, { sweep: { id: `${id}-sweep`, name, place: 0, point: {} } });
  const runs = [of("a1b2", null), of("c3d4", "Rates of SGD"), run("a1b3")];
  for (const [text, expected] of [["sweep:A1", [0]], ["sweep:rates", [1]], ["sweep:sgd,a1b", [0, 1]], ["-sweep:a1", [1, 2]], ["sweep:4", []]])
    assert.deepEqual(runs.filter(filter(text, CATALOG).passes), expected.map((i) => runs[i]), text);
  assert.deepEqual(runs.map((each) => valueOf(each, "sweep")), ["a1b2-sweep", "c3d4-sweep", null]);
});

test(
  "a word is looked for in name, tags, choices and id, in whatever case",
  passes([
    ["FAST", ["fast"]],
    ["try", ["fast"]],
    ["half_abs", ["young"]],
    ["momentum", ["fast"]],
    ["🚀", ["שלום 🚀 <b>"]],
    ["<b>", ["שלום 🚀 <b>"]],
    ['"first try"', ["fast"]],
    ["try first", ["fast"]],
    ["try nothing", []],
  ]),
);

test(
  "a field has one of the values given, and all of it",
  passes([
    ["relu:clamp -name:x", ["plain", "fast", "broken", "שלום 🚀 <b>"]],
    ["relu:clamp_min,relu", ["adam", "far"]],
    ["RELU:Relu", ["far"]],
    ["status:failed", ["broken"]],
    ["state:failed", ["broken"]],
    ["rule:adam", ["adam"]],
    ["tag:baseline", ["adam"]],
    ['tag:"first try"', ["fast"]],
    ["tag:first", []],
    ["name:as", ["fast"]],
    ["name:half_abs", ["young"]],
    ["seed:3,12", ["adam", "broken"]],
    ["reason:iteration", ["broken"]],
    ["pinned:yes", ["far"]],
    ["id:bro", ["broken"]],
  ]),
);

test(
  "a number is compared with a number",
  passes([
    ["lr<1e-6", ["adam"]],
    ["lr=0.0000005", ["adam"]],
    ["lr>=1e-4", ["fast"]],
    ["H<100", ["far"]],
    ["hidden=20", ["far"]],
    ["seed=3", ["adam"]],
    ["seed!=0", ["adam", "broken"]],
    ["update.momentum>0.5", ["fast"]],
    ["momentum=0.9", ["fast"]],
    ["iteration>400", ["far"]],
    ["progress=100%", ["far"]],
    ["created>2030-01-01", ["far"]],
  ]),
);

test(
  "what is not finite is asked for by its name; what is missing is neither more nor less",
  passes([
    ["loss:nan", ["broken"]],
    ["loss:inf", ["far"]],
    ["loss>1e300", ["far"]],
    ["loss<1e300", allBut("broken", "far", "young")],
    ["loss>=0 loss<0", []],
    ["momentum!=0.9", allBut("fast")],
  ]),
);

test(
  "a minus denies",
  passes([
    ["-status:failed", allBut("broken")],
    ["-relu:clamp,relu", ["adam", "young"]],
    ["-fast", allBut("fast")],
    ['-"first try" -seed:0', ["adam", "broken"]],
    ["-loss>0", ["broken", "young"]],
  ]),
);

test("what makes no sense is said, and filters nothing", () => {
  for (const [text, said] of [
    ["nofield:3", "nofield"],
    ["lr<fast", "fast"],
    ["lr<", "lr<"],
    ["relu:", "relu:"],
    ["relu<3", "ReLU"],
    ["pinned:perhaps", "perhaps"],
    ["created>yesterday", "yesterday"],
  ]) {
    const { problems } = filter(`${text} seed:3`, CATALOG);
    assert.equal(problems.length, 1, text);
    assert.ok(problems[0].includes(said), problems[0]);
    assert.deepEqual(passing(`${text} seed:3`), ["adam"], text);
  }
});

test("what is in quotes is no field", passes([['"nofield:3"', []], ['"lr<"', []]]));

test("without the catalog, what only it may know is let through", () => {
  const { problems, passes } = filter("momentum>3 seed:3", null);
  assert.deepEqual(problems, []);
  assert.deepEqual(RUNS.filter(passes).map(({ id }) => id), ["adam"]);
});

test("words that mean something to the language it is written in mean nothing here", () => {
  for (const name of ["constructor", "toString", "__proto__", "update.constructor"])
    assert.equal(valueOf({ spec: { update: {} }, iteration: 0 }, name), undefined, name);
});
