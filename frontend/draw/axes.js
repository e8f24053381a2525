/**
 * What the axis across counts: iterations, seconds since a run's start, or the time of day; and from
 * one to the other. Knows no Plotly.
 * @module
 */

/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/view.js").View} View */
/** @typedef {import("../wire/api.js").Run} Run */

/**
 * @typedef {object} Across
 * @property {(iteration: number) => number} place of an iteration on the axis, in Unix seconds where it
 *   is the time of day
 * @property {(place: number) => number} iteration that is there, with its fraction
 */

/** @type {Across} */
const ITERATIONS = { place: (iteration) => iteration, iteration: (place) => place };

/**
 * @param {View["x"]} x
 * @param {Run} run
 * @param {Trace} trace
 * @returns {Across}
 */
export function across(x, run, { times }) {
  if (x === "iteration") return ITERATIONS;
  const began = run.started_at ?? run.created_at;
  times.begin(began);
  const zero = x === "seconds" ? began : 0;
  return {
    place: (iteration) => times.of(iteration) - zero,
    iteration: (place) => times.iteration(place + zero),
  };
}

/**
 * @param {Across} axis
 * @param {[number, number] | null} seen places on the axis; null for all
 * @returns {[number, number]} the first iteration that is to be drawn, and the first that is not: one more
 *   on each side than is seen, so that the line goes to the edge
 */
export function span(axis, seen) {
  if (!seen) return [0, Infinity];
  return [Math.floor(axis.iteration(seen[0])) - 1, Math.ceil(axis.iteration(seen[1])) + 2];
}
