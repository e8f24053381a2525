/**
 * From a run's losses to what a figure draws of it: the points of the line, and the marks where
 * losses are not finite.
 * @module
 */

import { loss } from "../numbers.js";
import * as texts from "../texts.js";

/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {Pick<Curve, "name" | "colour" | "dash" | "width" | "digits">} Look */

/**
 * @typedef {object} Mark
 * @property {number} x
 * @property {string} text
 */

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {string} colour the property of base.css that has it
 * @property {string} dash
 * @property {number} width in pixels
 * @property {number} digits in which its losses are told apart
 * @property {number[]} x iterations
 * @property {(number | null)[]} y losses; null breaks the line
 * @property {Mark[]} marks where losses are not finite
 * @property {number} markY the height of the marks: the last finite loss
 */

/**
 * Marks drawn for one run at most; what is beyond is counted beside the chart, as all of it is.
 */
const MAX_MARKS = 50;

/** Width of a curve; what is added for each that lies upon it, and for how many at most. */
const WIDTH = 1.6;
const RIM = 2.4;
const MAX_RIMS = 3;

/** Losses that are compared to tell whether two curves coincide, and what part of them is no matter. */
const SAMPLES = 9;
const ALIKE = 0.05;

/**
 * @param {Trace} trace
 * @param {Look} look
 * @param {[number, number]} view the iterations on screen
 * @param {number} points about how many to draw
 * @returns {Curve}
 */
export function curve(trace, look, view, points) {
  const chosen = trace.choose(Math.floor(view[0]) - 1, Math.ceil(view[1]) + 2, points);
  const x = Array.from(chosen);
  const y = x.map((i) => (Number.isFinite(trace.at(i)) ? trace.at(i) : null));
  const spans = trace.nonFinite.slice(0, MAX_MARKS);
  const first = spans[0];
  return {
    ...look,
    x,
    y,
    marks: spans.map(({ start, stop, value }) => ({
      x: start,
      text: texts.charts.mark(value, start, stop),
    })),
    markY: first && first.start > 0 ? trace.at(first.start - 1) : 1,
  };
}

/**
 * How wide each curve is drawn, so that one which a later one lies upon is seen on both sides of it.
 * @param {Trace[]} traces as they are drawn, one upon the other
 * @returns {number[]} in pixels
 */
export function widths(traces) {
  return traces.map((trace, i) => {
    const upon = traces.slice(i + 1).filter((later) => coincide(trace, later)).length;
    return WIDTH + RIM * Math.min(upon, MAX_RIMS);
  });
}

/**
 * @param {Trace} a
 * @param {Trace} b
 * @returns {boolean} whether they look like one line, as far as both go
 */
function coincide(a, b) {
  const length = Math.min(a.length, b.length);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const i = Math.floor(((length - 1) * sample) / (SAMPLES - 1));
    const [left, right] = [a.at(i), b.at(i)];
    const apart = Math.abs(left - right) > ALIKE * Math.max(Math.abs(left), Math.abs(right));
    if (apart || Number.isFinite(left) !== Number.isFinite(right)) return false;
  }
  return length > 0;
}

/**
 * What is not on the line of some curves, in words; empty where all is.
 * @param {Iterable<Trace>} traces
 * @param {"linear" | "log"} scale
 * @returns {string}
 */
export function unshown(traces, scale) {
  /** @type {Map<string, number>} */
  const crosses = new Map();
  let tooLow = 0;
  for (const trace of traces) {
    for (const { start, stop, value } of trace.nonFinite) {
      crosses.set(loss(value), (crosses.get(loss(value)) ?? 0) + stop - start);
    }
    if (scale === "log") tooLow += trace.notPositive;
  }
  const counted = [...crosses].sort().map(([what, times]) => texts.charts.times(times, what));
  const parts = [];
  if (counted.length) parts.push(texts.charts.notFinite(counted.join(", ")));
  if (tooLow) parts.push(texts.charts.notOnLog(tooLow));
  return parts.join(" · ");
}
