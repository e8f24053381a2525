/**
 * Runs taken together by what they have in common. Knows no DOM.
 * @module
 */

import { groups as texts } from "../texts.js";
import { fieldNamed, valueOf } from "./fields.js";
import { told } from "./values.js";
import { choices } from "./words.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("./state.js").State} State */

/** All that decides a curve but the seed: the runs of one question, asked again. */
export const ALL_BUT_SEED = "all-but-seed";

/** What says nothing of the curve itself. */
const NO_MATTER = ["seed", "name", "tags", "pace", "diagnostics_every"];

/**
 * @typedef {object} Group
 * @property {string} key the same as long as runs are taken together by the same field
 * @property {any} value what they have in common
 * @property {Run[]} runs at least one, in the order given
 */

/**
 * @param {Run[]} runs
 * @param {string} field that they are taken together by, or `ALL_BUT_SEED`
 * @returns {Group[]} in the order in which each group's first run is given
 */
export function groups(runs, field) {
  /** @type {Map<string, Group>} */
  const found = new Map();
  for (const run of runs) {
    const key = keyOf(run, field);
    const group = found.get(key);
    if (group) group.runs.push(run);
    else found.set(key, { key, value: field === ALL_BUT_SEED ? question(run) : valueOf(run, field), runs: [run] });
  }
  return [...found.values()];
}

/** @param {Run} run @param {string} field @returns {string} the key of the group that it is in */
export const keyOf = (run, field) =>
  `${field}=${field === ALL_BUT_SEED ? asked(run) : (JSON.stringify(valueOf(run, field)) ?? "")}`;

/** @param {string} key of a group, or the id of a run @returns {string} the field of the group; empty for a run */
export const fieldOf = (key) => key.slice(0, Math.max(0, key.indexOf("=")));

/** @type {WeakMap<object, string>} By spec, which is never changed but replaced. */
const known = new WeakMap();

/** @param {Run} run @returns {string} what tells its question from others */
function asked(run) {
  const told = known.get(run.spec) ?? digest(JSON.stringify(question(run)));
  known.set(run.spec, told);
  return told;
}

/**
 * @param {string} text
 * @returns {string} what tells it from others, in 64 bits: two hashes in the manner of FNV-1a. An
 *   address that names a group must not hold all that its runs were asked for
 */
function digest(text) {
  let [one, other] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    one = Math.imul(one ^ text.charCodeAt(i), 0x01000193);
    other = Math.imul(other ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return [one, other].map((half) => (half >>> 0).toString(36)).join("-");
}

/** @param {Run} run @returns {Record<string, unknown>} its spec, but for what is no matter */
function question(run) {
  return Object.fromEntries(Object.entries(run.spec).filter(([name]) => !NO_MATTER.includes(name)));
}

/**
 * @typedef {object} Spread
 * @property {number} finite how many of the newest losses are numbers
 * @property {number} notFinite
 * @property {number} mean of those that are; NaN where none is
 * @property {number} least
 * @property {number} most
 */

/** @param {Run[]} runs @returns {Spread} of their newest losses */
export function spread(runs) {
  const losses = runs.flatMap(({ loss }) => (loss === null ? [] : Number(loss)));
  const numbers = losses.filter(Number.isFinite);
  // Each is divided first: a sum of numbers may be too large to be one.
  const mean = numbers.reduce((sum, value) => sum + value / numbers.length, numbers.length ? 0 : NaN);
  const least = numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const most = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  return { finite: numbers.length, notFinite: losses.length - numbers.length, mean, least, most };
}

/**
 * @param {Pick<Group, "runs">} group
 * @param {string} field that its runs are taken together by
 * @param {State} state
 * @returns {string} what they have in common
 */
export function groupTitle({ runs: [first] }, field, state) {
  const { catalog } = state;
  if (!first) return "";
  if (field === ALL_BUT_SEED) {
    const seed = catalog?.spec.properties?.["seed"]?.default ?? first.spec["seed"];
    return choices({ ...first, spec: { ...first.spec, seed } }, catalog);
  }
  const known = fieldNamed(field, catalog);
  if (!known) return field;
  const { text } = told(first, known, state);
  return text ? texts.of(known.title, text) : texts.none(known.title);
}
