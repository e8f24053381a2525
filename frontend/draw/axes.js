/**
 * What the axis across counts: iterations, seconds since a run's start, or the time of day; and from
 * one to the other. A fork started where its past did: its seconds are those of its past, and run on
 * with its own, without those that nobody trained between the two. Knows no Plotly.
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
export const ITERATIONS = { place: (iteration) => iteration, iteration: (place) => place };

/**
 * @param {View["x"]} x
 * @param {Run} run
 * @param {Trace} trace
 * @param {ReadonlyMap<string, Run>} runs among which are those that it was forked from
 * @returns {Across}
 */
export function across(x, run, { times }, runs) {
  if (x === "iteration") return ITERATIONS;
  const line = lineage(run, runs);
  const start = times.begin(began(line[0] ?? run));
  if (x === "clock")
    return { place: (iteration) => times.of(iteration), iteration: (place) => times.iteration(place) };
  const gaps = line.flatMap((one) => gap(one, times) ?? []);
  return {
    place: (iteration) => trained(times.of(iteration), gaps) - start,
    iteration: (place) => times.iteration(passed(place + start, gaps)),
  };
}

/** @param {Run} run @returns {number} in Unix seconds */
const began = (run) => run.started_at ?? run.created_at;

/**
 * @param {Run} run
 * @param {ReadonlyMap<string, Run>} runs
 * @param {number} [stop] iterations of it that count
 * @returns {Run[]} those that have trained these, as far as they are known, in that order
 */
function lineage(run, runs, stop = Infinity) {
  const { id, iteration } = run.forked_from ?? { id: "", iteration: 0 };
  const parent = iteration ? runs.get(id) : undefined;
  const before = parent ? lineage(parent, runs, Math.min(iteration, stop)) : [];
  return iteration < stop ? [...before, run] : before;
}

/** @typedef {{from: number, to: number}} Gap between the end of a fork's past and its own start, in Unix seconds */

/** @param {Run} run @param {import("../model/times.js").Times} times @returns {Gap | null} null where it has no past */
function gap(run, times) {
  const count = run.forked_from?.iteration;
  const to = began(run);
  return count ? { from: Math.min(times.by(count), to), to } : null;
}

/** @param {number} at in Unix seconds @param {Gap[]} gaps in order @returns {number} that, less the gaps before it */
function trained(at, gaps) {
  return gaps.reduce((sum, { from, to }) => sum - Math.max(0, Math.min(at, to) - from), at);
}

/** @param {number} at less the gaps before it @param {Gap[]} gaps in order @returns {number} in Unix seconds */
function passed(at, gaps) {
  return gaps.reduce((sum, { from, to }) => (sum > from ? sum + to - from : sum), at);
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
