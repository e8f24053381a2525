/**
 * Runs taken together along iterations: the mean of their losses, and the band from the lowest to the highest. Both go
 * as far as all have come that are on their way, so that they do not jump where the slowest is; where
 * one goes no further while others do, a mark says of how many the mean is from there on.
 * @module
 */

import { bucketSize } from "../model/series.js";
import { charts as texts } from "../texts.js";
import { ITERATIONS, span } from "./axes.js";
import { crosses, diamonds } from "./marks.js";

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./curves.js").Look} Look */
/** @typedef {import("./curves.js").Seen} Seen */
/** @typedef {import("./marks.js").Happening} Happening */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/detail.js").Refined} Refined */

/** @typedef {{trace: Trace, isComing: boolean}} Member whether it is on its way */

/**
 * At each iteration, or over each of so many, of the runs that have come so far and are finite there.
 * @param {Member[]} members
 * @param {Look} look
 * @param {Seen} seen
 * @returns {Curve}
 */
export function band(members, look, seen) {
  const known = members.flatMap(({ trace }) => trace.known(seen.smoothing) ?? []);
  const isKnown = known.length === members.length;
  const coming = members.filter(({ isComing }) => isComing).map(({ trace }) => trace.length);
  const lengths = members.map(({ trace }) => trace.length);
  const length = coming.length ? Math.min(...coming) : Math.max(0, ...lengths);
  const [first, end] = span(ITERATIONS, seen.x);
  const [start, stop] = [Math.max(0, first), Math.min(end, isKnown ? length : 0)];
  const wanted = bucketSize(stop - start, seen.points);
  const every = coarsest(known, start, stop, wanted);
  // A bucket that is not yet whole has more of one than of another.
  const whole = coming.length && stop === length ? every * Math.floor(stop / every) : stop;
  const told = spread(known, start, whole, every);
  const spans = members.flatMap(({ trace }) => trace.nonFinite).sort((a, b) => a.start - b.start);
  const ground = { points: { at: told.at, values: told.mean }, axis: ITERATIONS, scale: seen.scale, xscale: seen.xscale };
  return {
    ...look,
    line: { x: told.at, y: told.mean },
    faint: null,
    band: { x: told.at, low: told.low, high: told.high },
    marks: crosses(spans, ground),
    changes: diamonds(leaving(lengths, start, stop, told.at), ground),
    every,
    isCoarse: every > wanted || !isKnown,
  };
}

/**
 * @param {number[]} lengths of all
 * @param {number} start
 * @param {number} stop
 * @param {number[]} at the middles of the buckets that are drawn
 * @returns {Happening[]} where some of them end before the mean does
 */
function leaving(lengths, start, stop, at) {
  const ends = [...new Set(lengths)].filter((length) => length > start && length < stop);
  const [low = 0, high = 0] = [at[0], at[at.length - 1]];
  return ends.sort((a, b) => a - b).map((end) => ({
    iteration: Math.max(low, Math.min(end - 1, high)),
    text: texts.noFurther(lengths.filter((length) => length === end).length, end, lengths.filter((length) => length > end).length),
  }));
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
    // Each is divided first: a sum of numbers may be too large to be one.
    told.mean.push(parts.reduce((sum, { mean }) => sum + mean / parts.length, 0));
    told.low.push(Math.min(...parts.map(({ low }) => low)));
    told.high.push(Math.max(...parts.map(({ high }) => high)));
  }
  return told;
}
