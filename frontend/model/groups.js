/**
 * Runs taken together by what they have in common. Knows no DOM.
 * @module
 */

import { groups as texts } from "../texts.js";
import { valueOf } from "./fields.js";
import { choices, told } from "./words.js";

/** @typedef {import("../wire/api.js").Run} Run */

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
    const value = field === ALL_BUT_SEED ? null : valueOf(run, field);
    const key = `${field}=${field === ALL_BUT_SEED ? asked(run) : (JSON.stringify(value) ?? "")}`;
    const group = found.get(key);
    if (group) group.runs.push(run);
    else found.set(key, { key, value: field === ALL_BUT_SEED ? question(run) : value, runs: [run] });
  }
  return [...found.values()];
}

/** @type {WeakMap<object, string>} By spec, which is never changed but replaced. */
const known = new WeakMap();

/** @param {Run} run @returns {string} what tells its question from others */
function asked(run) {
  const told = known.get(run.spec) ?? JSON.stringify(question(run));
  known.set(run.spec, told);
  return told;
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
 * @param {Run[]} runs of one group
 * @param {string} field that they are taken together by
 * @param {import("../wire/api.js").Catalog | null} catalog
 * @returns {string} what the group is called
 */
export function groupTitle(runs, field, catalog) {
  const [run] = runs;
  if (!run) return "";
  if (field === ALL_BUT_SEED) {
    const { seed, ...spec } = /** @type {Run["spec"]} */ (run.spec);
    const usual = catalog?.spec.properties?.["seed"]?.default ?? seed;
    return texts.group(choices({ ...run, spec: { ...spec, seed: usual } }, catalog), runs.length);
  }
  return texts.group(told(field, valueOf(run, field)), runs.length);
}
