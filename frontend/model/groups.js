/**
 * Runs taken together by what they have in common. Knows no DOM.
 * @module
 */

import { valueOf } from "./fields.js";

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
    const value = field === ALL_BUT_SEED ? question(run) : valueOf(run, field);
    const key = `${field}=${JSON.stringify(value) ?? ""}`;
    const group = found.get(key);
    if (group) group.runs.push(run);
    else found.set(key, { key, value, runs: [run] });
  }
  return [...found.values()];
}

/** @param {Run} run @returns {Record<string, unknown>} its spec, but for what is no matter */
function question(run) {
  return Object.fromEntries(Object.entries(run.spec).filter(([name]) => !NO_MATTER.includes(name)));
}
