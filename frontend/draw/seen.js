/**
 * The losses that are seen, all of them: what a chart thins out, and what the page does not hold, too.
 * @module
 */

import { subjects } from "../model/subjects.js";
import * as curves from "../wire/curves.js";
import { across } from "./axes.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/export.js").Series} Series */
/** @typedef {import("../wire/api.js").Run} Run */

/**
 * @param {State} state
 * @returns {Promise<Series[]>} those of the runs on the charts, within what is zoomed
 * @throws {import("../wire/call.js").Refusal}
 */
export async function seen(state) {
  const all = subjects(state).flatMap(({ entries, pair, zoom }) => {
    const { x } = state.zoomOf(zoom);
    const runs = [...entries.flatMap(({ runs }) => runs), ...(pair ?? [])];
    return runs.map((run) => taken(state, run, x));
  });
  return (await Promise.all(all)).filter((series) => series !== null);
}

/**
 * @param {State} state
 * @param {Run} run
 * @param {[number, number] | null} x places on the axis
 * @returns {Promise<Series | null>} null where it has no loss yet
 */
async function taken(state, run, x) {
  const trace = state.traces.get(run.id);
  if (!trace?.length) return null;
  const axis = across(state.view.x, run, trace, state.runs);
  const within = (/** @type {number} */ iteration) => Math.max(0, Math.min(iteration, trace.length));
  const start = x ? within(Math.ceil(axis.iteration(x[0]))) : 0;
  const stop = x ? Math.max(start, within(Math.floor(axis.iteration(x[1])) + 1)) : trace.length;
  const isHeld = start >= trace.raw.from || start === stop;
  const losses = isHeld ? trace.raw.slice(start, stop).slice() : await curves.losses(run.id, start, stop);
  return { run, title: state.title(run), start, losses };
}
