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
/** @typedef {import("../model/series.js").Series} Series */

/**
 * At each iteration, or over each of so many, of the runs that have come so far and are finite there.
 * @param {Trace[]} traces
 * @param {Look} look
 * @param {Across} axis of the first of them, along which all are drawn
 * @param {Seen} seen
 * @returns {Curve}
 */
export function band(traces, look, axis, seen) {
  const all = traces.map((trace) => trace.series(seen.smoothing));
  const series = all.flatMap((one) => one ?? []);
  const length = Math.max(0, ...series.map((one) => one.length));
  const [first, end] = span(axis, seen.x);
  const [start, stop] = [Math.max(0, first), Math.min(end, length)];
  const wanted = bucketSize(stop - start, seen.points);
  const every = coarsest(series, start, wanted);
  const told = spread(series, start, stop, every);
  const x = told.at.map((i) => axis.place(i));
  return {
    ...look,
    line: { x, y: told.mean },
    faint: null,
    band: { x, low: told.low, high: told.high },
    marks: [],
    changes: [],
    every,
    isCoarse: every > wanted || series.length < all.length,
  };
}

/**
 * @param {Series[]} series
 * @param {number} start
 * @param {number} wanted iterations to a bucket
 * @returns {number} those of which all of them know, from there on
 */
function coarsest(series, start, wanted) {
  let every = wanted;
  for (let before = 0; before !== every; ) {
    before = every;
    for (const one of series) every = Math.max(every, one.finest(start, every));
  }
  return every;
}

/**
 * @param {Series[]} series
 * @param {number} start
 * @param {number} stop
 * @param {number} every iterations to a bucket
 */
function spread(series, start, stop, every) {
  const told = {
    at: /** @type {number[]} */ ([]),
    mean: /** @type {number[]} */ ([]),
    low: /** @type {number[]} */ ([]),
    high: /** @type {number[]} */ ([]),
  };
  for (let i = every * Math.floor(start / every); i < stop; i += every) {
    const parts = series.flatMap((one) => one.spread(i, every) ?? []);
    if (!parts.length) continue;
    told.at.push(Math.min(i + (every - 1) / 2, stop - 1));
    told.mean.push(parts.reduce((sum, { mean }) => sum + mean, 0) / parts.length);
    told.low.push(Math.min(...parts.map(({ low }) => low)));
    told.high.push(Math.max(...parts.map(({ high }) => high)));
  }
  return told;
}
