/**
 * From a run's losses to what a figure draws of it: the points of the line, and the marks where
 * losses are not finite and where the run was changed.
 * @module
 */

import { loss } from "../numbers.js";
import { charts as texts } from "../texts.js";
import { span } from "./axes.js";
import { crosses, diamonds } from "./marks.js";

/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/series.js").Points} Points */
/** @typedef {import("./axes.js").Across} Across */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {Pick<Curve, "name" | "colour" | "dash" | "width" | "digits">} Look */

/**
 * @typedef {object} Line
 * @property {number[]} x places on the axis across
 * @property {(number | null)[]} y losses; null breaks the line
 */

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {string} colour the property of base.css that has it
 * @property {string} dash
 * @property {number} width in pixels
 * @property {number} digits in which its losses are told apart
 * @property {Line} line
 * @property {Line | null} faint the losses themselves, where the line is their average
 * @property {{x: number[], low: number[], high: number[]} | null} band around a line that is a mean
 * @property {Mark[]} marks where losses are not finite, at the height of the last finite one
 * @property {Mark[]} changes where the run was changed
 * @property {number} every iterations to a bucket of which the lowest and the highest are drawn
 * @property {boolean} isCoarse whether the server could tell more of it
 */

/**
 * How a chart is seen.
 * @typedef {object} Seen
 * @property {[number, number] | null} x places on the axis; null for all
 * @property {number} points about how many to draw of each curve
 * @property {number} smoothing weight of what came before
 * @property {import("../model/view.js").View["scale"]} scale
 * @property {import("../model/view.js").View["xscale"]} xscale
 */

/** Width of a curve; what is added for each that lies upon it; and of how many that are alike rims can be seen. */
export const WIDTH = 1.6;
const RIM = 2.4;
const MOST_NESTED = 4;

/** Losses that are compared to tell whether two curves coincide, and what part of them is no matter. */
const SAMPLES = 9;
const ALIKE = 0.05;

/**
 * @param {Trace} trace
 * @param {Look} look
 * @param {Across} axis
 * @param {Seen} seen
 * @param {import("./marks.js").Happening[]} [changes]
 * @returns {Curve}
 */
export function curve(trace, look, axis, seen, changes = []) {
  const [start, stop] = span(axis, seen.x);
  const raw = trace.choose(start, stop, seen.points);
  const smooth = seen.smoothing ? trace.choose(start, stop, seen.points, seen.smoothing) : null;
  const ground = { points: smooth ?? raw, axis, scale: seen.scale, xscale: seen.xscale };
  return {
    ...look,
    line: line(smooth ?? raw, axis),
    faint: smooth && line(raw, axis),
    band: null,
    marks: crosses(trace.nonFinite, ground),
    changes: diamonds(changes, ground),
    every: Math.max(raw.every, smooth?.every ?? 1),
    isCoarse: raw.isCoarse || Boolean(smooth?.isCoarse),
  };
}

/** @param {Points} points @param {Across} axis @returns {Line} */
export function line({ at, values }, axis) {
  return {
    x: at.map((i) => axis.place(i)),
    y: values.map((value) => (Number.isFinite(value) ? value : null)),
  };
}

/**
 * How wide each curve is drawn, so that one which a few later ones lie upon is seen on both sides of
 * them; and how many are alike that are too many for that.
 * @param {Trace[]} traces as they are drawn, one upon the other
 * @returns {{widths: number[], alike: number}} in pixels; 0 where all can be seen
 */
export function nested(traces) {
  const like = traces.map((trace, i) => traces.flatMap((other, j) => (i === j || coincide(trace, other) ? j : [])));
  const most = Math.max(0, ...like.map(({ length }) => length));
  return {
    widths: like.map((some, i) => (some.length > MOST_NESTED ? WIDTH : WIDTH + RIM * some.filter((j) => j > i).length)),
    alike: most > MOST_NESTED ? most : 0,
  };
}

/**
 * @param {Trace} a
 * @param {Trace} b
 * @returns {boolean} whether they look like one line, as far as both go and are held
 */
function coincide(a, b) {
  const length = Math.min(a.length, b.length);
  const from = Math.max(a.raw.from, b.raw.from);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const i = from + Math.floor(((length - 1 - from) * sample) / (SAMPLES - 1));
    const [left, right] = [a.at(i), b.at(i)];
    const apart = Math.abs(left - right) > ALIKE * Math.max(Math.abs(left), Math.abs(right));
    if (apart || Number.isFinite(left) !== Number.isFinite(right)) return false;
  }
  return length > from;
}

/**
 * What is not on the line of some curves, in words; empty where all is.
 * @param {Iterable<Pick<Trace, "notFinite" | "notPositive">>} traces
 * @param {"linear" | "log"} scale
 * @returns {string}
 */
export function unshown(traces, scale) {
  /** @type {Map<string, number>} */
  const crosses = new Map();
  let tooLow = 0;
  for (const trace of traces) {
    for (const [value, times] of trace.notFinite)
      crosses.set(loss(value), (crosses.get(loss(value)) ?? 0) + times);
    if (scale === "log") tooLow += trace.notPositive;
  }
  const counted = [...crosses].sort().map(([what, times]) => texts.times(times, what));
  const parts = [];
  if (counted.length) parts.push(texts.notFinite(counted.join(", ")));
  if (tooLow) parts.push(texts.notOnLog(tooLow));
  return parts.join(" · ");
}
