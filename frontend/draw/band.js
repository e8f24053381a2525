/**
 * Runs taken together: the mean of their losses, and the band from the lowest to the highest.
 * @module
 */

import { bucketSize } from "../model/series.js";
import { span } from "./axes.js";

/** @typedef {import("./axes.js").Across} Across */
/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./curves.js").Look} Look */
/** @typedef {import("./curves.js").Seen} Seen */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/detail.js").Refined} Refined */

/**
 * At each iteration, or over each of so many, of the runs that have come so far and are finite there.
 * @param {Trace[]} traces
 * @param {Look} look
 * @param {Across} axis of the first of them, along which all are drawn
 * @param {Seen} seen
 * @returns {Curve}
 */
export function band(traces, look, axis, seen) {
  const known = traces.flatMap((trace) => trace.known(seen.smoothing) ?? []);
  const isKnown = known.length === traces.length;
  const length = isKnown ? Math.max(0, ...known.map((one) => one.length)) : 0;
  const [first, end] = span(axis, seen.x);
  const [start, stop] = [Math.max(0, first), Math.min(end, length)];
  const wanted = bucketSize(stop - start, seen.points);
  const every = coarsest(known, start, stop, wanted);
  const told = spread(known, start, stop, every);
  const x = told.at.map((i) => axis.place(i));
  return {
    ...look,
    line: { x, y: told.mean },
    faint: null,
    band: { x, low: told.low, high: told.high },
    marks: [],
    changes: [],
    every,
    isCoarse: every > wanted || !isKnown,
  };
}

/**
 * @param {Refined[]} members
 * @param {number} start
 * @param {number} stop
 * @param {number} wanted iterations to a bucket
 * @returns {number} those of which all of them know, in that stretch
 */
function coarsest(members, start, stop, wanted) {
  let every = wanted;
  for (let before = 0; before !== every; ) {
    before = every;
    for (const one of members) every = Math.max(every, one.finest(start, stop, every));
  }
  return every;
}

/**
 * @param {Refined[]} members
 * @param {number} start
 * @param {number} stop
 * @param {number} every iterations to a bucket
 */
function spread(members, start, stop, every) {
  const told = {
    at: /** @type {number[]} */ ([]),
    mean: /** @type {number[]} */ ([]),
    low: /** @type {number[]} */ ([]),
    high: /** @type {number[]} */ ([]),
  };
  for (let i = every * Math.floor(start / every); i < stop; i += every) {
    const parts = members.flatMap((one) => one.spread(i, every) ?? []);
    if (!parts.length) continue;
    told.at.push(Math.min(i + (every - 1) / 2, stop - 1));
    told.mean.push(parts.reduce((sum, { mean }) => sum + mean, 0) / parts.length);
    told.low.push(Math.min(...parts.map(({ low }) => low)));
    told.high.push(Math.max(...parts.map(({ high }) => high)));
  }
  return told;
}
