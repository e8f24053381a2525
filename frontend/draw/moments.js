/**
 * Runs taken together along time: at each moment, the mean of the losses that they had come to, and the
 * band from the lowest to the highest. By seconds or by the clock, the same iteration of two runs is
 * not at the same place; their losses at one place are.
 * @module
 */

import { bucketSize } from "../model/series.js";
import { charts as texts } from "../texts.js";
import { crosses, diamonds } from "./marks.js";

/** @typedef {import("./axes.js").Across} Across */
/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./curves.js").Look} Look */
/** @typedef {import("./curves.js").Seen} Seen */
/** @typedef {import("./marks.js").Happening} Happening */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/detail.js").Refined} Refined */

/** @typedef {{trace: Trace, isComing: boolean, axis: Across}} Member its own axis, and whether it is on its way */

/**
 * A member, in what is seen of it.
 * @typedef {object} Part
 * @property {Refined} known
 * @property {Across} axis
 * @property {number} from the place of its first iteration
 * @property {number} to that of its last
 * @property {number} start its first iteration that is seen
 * @property {number} stop the first after these
 */

/** Where an axis is logarithmic: how much of it is drawn at most, as a part of its end. */
const LEAST_SHARE = 1e-6;

/** @type {Across} of a line whose points are at places, not at iterations */
const PLACES = { place: (place) => place, iteration: (place) => place };

/**
 * As far as all have come that are on their way; a mark says where one goes no further while others do.
 * @param {Member[]} members of which each has a loss
 * @param {Look} look
 * @param {Seen} seen
 * @returns {Curve}
 */
export function moments(members, look, seen) {
  const ends = members.map(({ trace, axis }) => axis.place(trace.length - 1));
  const coming = ends.filter((_, i) => members[i]?.isComing);
  const [least, most] = [Math.min(...members.map(({ axis }) => axis.place(0))), Math.max(...ends)];
  const from = Math.max(least, seen.x?.[0] ?? -Infinity);
  const to = Math.min(coming.length ? Math.min(...coming) : most, seen.x?.[1] ?? Infinity);
  const parts = members.flatMap((member) => part(member, seen.smoothing, from, to) ?? []);
  const isKnown = parts.length === members.length;
  const count = Math.min(seen.points, Math.max(0, ...parts.map(({ start, stop }) => stop - start)));
  const sizes = parts.map(({ known, start, stop }) => known.finest(start, stop, bucketSize(stop - start, count)));
  const told = spread(parts, sizes, isKnown ? grid(from, to, count, seen.xscale) : []);
  const ground = { points: { at: told.x, values: told.mean }, axis: PLACES, scale: seen.scale, xscale: seen.xscale };
  const spans = members.flatMap(({ trace, axis }) =>
    trace.nonFinite.map((span) => ({ ...span, at: axis.place(span.start) })),
  );
  return {
    ...look,
    line: { x: told.x, y: told.mean },
    faint: null,
    band: { x: told.x, low: told.low, high: told.high },
    marks: crosses(spans.sort((a, b) => a.at - b.at), ground),
    changes: diamonds(leaving(ends, from, to), ground),
    every: Math.max(1, ...sizes.filter(Number.isFinite)),
    isCoarse: !isKnown || parts.some(({ start, stop }, i) => (sizes[i] ?? 1) > bucketSize(stop - start, count)),
  };
}

/**
 * @param {Member} member
 * @param {number} smoothing
 * @param {number} from the first place that is seen
 * @param {number} to the last
 * @returns {Part | null} null where its average is yet to be told
 */
function part({ trace, axis }, smoothing, from, to) {
  const known = trace.known(smoothing);
  if (!known) return null;
  const within = (/** @type {number} */ iteration) => Math.max(0, Math.min(iteration, trace.length - 1));
  const start = within(Math.floor(axis.iteration(from)));
  const stop = within(Math.ceil(axis.iteration(to))) + 1;
  return { known, axis, from: axis.place(0), to: axis.place(trace.length - 1), start, stop };
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @param {Seen["xscale"]} xscale
 * @returns {number[]} so many places, as far from each other on the screen
 */
function grid(from, to, count, xscale) {
  if (!(from < to) || count < 2) return from <= to ? [to] : [];
  const least = Math.max(from, LEAST_SHARE * to);
  const share = (/** @type {number} */ i) => i / (count - 1);
  const place =
    xscale === "log" && to > 0
      ? (/** @type {number} */ i) => least * (to / least) ** share(i)
      : (/** @type {number} */ i) => from + (to - from) * share(i);
  return [...Array.from({ length: count - 1 }, (_, i) => place(i)), to];
}

/**
 * @param {Part[]} parts
 * @param {number[]} sizes iterations to a bucket, of each
 * @param {number[]} places
 */
function spread(parts, sizes, places) {
  const told = {
    x: /** @type {number[]} */ ([]),
    mean: /** @type {number[]} */ ([]),
    low: /** @type {number[]} */ ([]),
    high: /** @type {number[]} */ ([]),
  };
  for (const x of places) {
    const there = parts.flatMap((one, i) => at(one, sizes[i] ?? 1, x) ?? []);
    if (!there.length) continue;
    told.x.push(x);
    told.mean.push(there.reduce((sum, { mean }) => sum + mean / there.length, 0));
    told.low.push(Math.min(...there.map(({ low }) => low)));
    told.high.push(Math.max(...there.map(({ high }) => high)));
  }
  return told;
}

/**
 * @param {Part} part
 * @param {number} size iterations to a bucket
 * @param {number} x
 * @returns {{low: number, high: number, mean: number} | null} of what it had come to there; null where it
 *   had not begun, has ended, or is not finite
 */
function at({ known, axis, from, to, stop }, size, x) {
  if (x < from || x > to || !Number.isFinite(size)) return null;
  // Not to the one before for want of a last digit.
  const iteration = Math.min(Math.floor(axis.iteration(x) + 1e-6), stop - 1);
  return known.spread(size * Math.floor(Math.max(0, iteration) / size), size);
}

/**
 * @param {number[]} ends of all
 * @param {number} from
 * @param {number} to
 * @returns {Happening[]} where some of them end before the mean does
 */
function leaving(ends, from, to) {
  const places = [...new Set(ends)].filter((end) => end > from && end < to).sort((a, b) => a - b);
  return places.map((end) => ({
    iteration: end,
    text: texts.noFurtherThen(ends.filter((one) => one === end).length, ends.filter((one) => one > end).length),
  }));
}
