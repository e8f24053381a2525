/**
 * The settings that the table tells of its runs, where it tells only those in which they differ.
 * @module
 */

import { differing } from "../../model/differing.js";
import { fields } from "../../model/fields.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("../../model/fields.js").Field} Field */
/** @typedef {import("../../wire/api.js").Run} Run */

/** Said elsewhere in a row. */
const ELSEWHERE = ["name", "tags"];

/**
 * @param {State} state
 * @param {Listing} listing
 * @returns {Run[]} those that are picked; else those that are shown; else all that pass the filter
 */
function compared(state, listing) {
  for (const ids of [state.selected, state.shownIds]) {
    const runs = listing.runs.filter(({ id }) => ids.has(id));
    if (runs.length > 1) return runs;
  }
  return listing.runs;
}

/** @type {{specs: unknown[], catalog: unknown, found: Field[]}} What was found last. */
let last = { specs: [], catalog: null, found: [] };

/**
 * @param {State} state
 * @param {Listing} listing
 * @returns {readonly Field[] | null} null where all settings are told
 */
export function told(state, listing) {
  if (!state.view.differing) return null;
  const runs = compared(state, listing);
  const isSame =
    last.catalog === state.catalog &&
    last.specs.length === runs.length &&
    runs.every(({ spec }, i) => spec === last.specs[i]);
  if (isSame) return last.found;
  const settings = fields(state.catalog).filter(({ name, isSetting }) => isSetting && !ELSEWHERE.includes(name));
  const names = differing(runs, settings.map(({ name }) => name));
  const found = settings.filter(({ name }) => names.has(name));
  last = { specs: runs.map(({ spec }) => spec), catalog: state.catalog, found };
  return found;
}
