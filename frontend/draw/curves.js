/**
 * From a run's losses to what a figure draws of it: the points of the line, and the marks where
 * losses are not finite.
 * @module
 */

/** @typedef {import("../model/traces.js").Trace} Trace */

/**
 * @typedef {object} Mark
 * @property {number} x
 * @property {string} text
 */

/**
 * @typedef {object} Curve
 * @property {string} name
 * @property {string} colour
 * @property {string} dash
 * @property {number[]} x iterations
 * @property {(number | null)[]} y losses; null breaks the line
 * @property {Mark[]} marks where losses are not finite
 * @property {number} markY the height of the marks: the last finite loss
 */

/**
 * Marks drawn for one run at most; what is beyond is counted beside the chart, as all of it is.
 */
const MAX_MARKS = 50;

/** @param {number} value */
const sign = (value) => (Number.isNaN(value) ? "NaN" : value > 0 ? "+inf" : "-inf");

/**
 * @param {Trace} trace
 * @param {{name: string, colour: string, dash: string}} look
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
      text:
        stop - start > 1
          ? `${sign(value)} at iterations ${start} to ${stop - 1}`
          : `${sign(value)} at iteration ${start}`,
    })),
    markY: first && first.start > 0 ? trace.at(first.start - 1) : 1,
  };
}

/**
 * What an axis cannot show of some curves, in words; empty where it shows all.
 * @param {Iterable<Trace>} traces
 * @param {"linear" | "log"} scale
 * @returns {string}
 */
export function unshown(traces, scale) {
  const counts = { NaN: 0, "+inf": 0, "-inf": 0, "zero or less": 0 };
  for (const trace of traces) {
    for (const { start, stop, value } of trace.nonFinite) {
      counts[/** @type {"NaN"} */ (sign(value))] += stop - start;
    }
    if (scale === "log") counts["zero or less"] += trace.notPositive;
  }
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  if (!parts.length) return "";
  return `Not on this axis: ${parts.map(([what, count]) => `${count} × ${what}`).join(", ")}`;
}
