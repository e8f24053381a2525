/**
 * Runs taken to the server to be started: one, or all of a sweep at once.
 * @module
 */

import { count, told } from "./model/sweep.js";
import * as texts from "./texts.js";
import * as api from "./wire/api.js";

/** @typedef {import("./model/state.js").State} State */
/** @typedef {import("./model/sweep.js").Spec} Spec */
/** @typedef {import("./model/sweep.js").Grid} Grid */
/** @typedef {import("./wire/api.js").FieldProblem} FieldProblem */

/**
 * Start a run for each combination of a grid's values; where the server refuses one of them, none is.
 * @param {State} state
 * @param {Spec} base what is the same in all runs
 * @param {Grid} grid
 * @param {(errors: FieldProblem[]) => void} [onWrongFields] who shows what is wrong, field by field;
 *   else the notice does
 * @returns {Promise<number>} how many were started
 */
export async function start(state, base, grid, onWrongFields) {
  if (state.readOnly) return 0;
  state.set({ notice: "" });
  const runs = count(grid);
  try {
    if (Object.keys(grid).length) await api.createAll(base, grid);
    else await api.create(base);
    return runs;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const wrong = error instanceof api.Refusal ? error.errors : [];
    const errors = wrong.map(({ field, message }) => placed(field, message, grid));
    if (onWrongFields && errors.length) onWrongFields(errors);
    else state.set({ notice: texts.notice.refused(texts.actions.start, runs, runs, error.message) });
    return 0;
  }
}

/**
 * @param {string} field that is wrong, as it was sent: of a sweep, `base.hidden` or `grid.update.lr.2`
 * @param {string} message
 * @param {Grid} grid
 * @returns {FieldProblem} the field of the spec, and which of its values it is where it has several
 */
function placed(field, message, grid) {
  const path = Object.keys(grid).find((path) => field.startsWith(`grid.${path}.`));
  if (path === undefined) return { field: field.replace(/^base\.?/u, ""), message };
  const [place = "", ...inner] = field.slice(`grid.${path}.`.length).split(".");
  const value = told({ [path]: grid[path]?.[Number(place)] });
  return { field: [path, ...inner].join("."), message: texts.start.wrong(value, message) };
}
