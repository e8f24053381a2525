/**
 * In which settings runs differ. Knows no DOM.
 * @module
 */

import { valueOf } from "./fields.js";

/** @typedef {import("../wire/api.js").Run} Run */

/**
 * @param {Run[]} runs
 * @param {string[]} names of the settings to look at
 * @returns {Set<string>} those in which not all runs are the same; a setting that one has and another
 *   has not differs
 */
export function differing(runs, names) {
  const first = runs[0];
  if (!first) return new Set();
  return new Set(
    names.filter((name) => {
      const value = valueOf(first, name);
      return runs.some((run) => !isSame(valueOf(run, name), value));
    }),
  );
}

/** @param {unknown} a @param {unknown} b */
const isSame = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
