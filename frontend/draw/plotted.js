/**
 * A curve in the words of Plotly's traces: its line, the losses themselves where it is an average, the
 * band where it is a mean, and its marks. Calls nothing of Plotly.
 * @module
 */

import { shortened } from "../numbers.js";
import { charts as texts } from "../texts.js";
import { placeOf } from "./layout.js";

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./layout.js").Frame} Frame */
/** @typedef {import("./layout.js").Theme} Theme */
/** @typedef {{x: number[], y: (number | null)[]} & Record<string, any>} Plotted a trace, as Plotly has one */

/** Characters of a name in a label over the chart. */
const LABEL_LENGTH = 50;

/** @param {string} text @returns {string} as Plotly's labels show it, which read tags otherwise */
function literal(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * @param {Curve} curve
 * @param {Frame} frame
 * @param {Theme} theme
 * @param {boolean} together whether it is told of beside others, under a title that has the iteration
 * @returns {Plotted[]}
 */
export function plotted(curve, frame, theme, together) {
  return [
    ...(curve.band ? area(curve, curve.band, frame, theme) : []),
    ...(curve.faint ? [faint(curve, curve.faint, frame, theme)] : []),
    line(curve, frame, theme, together),
    ...marks(curve, curve.marks, frame, theme, { symbol: "x", size: 10 }),
    ...marks(curve, curve.changes, frame, theme, { symbol: "diamond", size: 8 }),
  ];
}

/** @param {number[]} x @param {Frame} frame */
const placed = (x, { across }) => (across === "clock" ? x.map((place) => placeOf("date", place)) : x);

/** @param {Curve} curve */
const named = (curve) => ({
  type: "scatter",
  name: literal(curve.name),
  meta: literal(shortened(curve.name, LABEL_LENGTH)),
});

/**
 * @param {Curve} curve
 * @param {Frame} frame
 * @param {Theme} theme
 * @param {boolean} together whether it is told of beside others, under a title that has the iteration
 */
function line(curve, frame, theme, together) {
  const told = `%{y:.${curve.digits}g}  %{meta}<extra></extra>`;
  const colour = theme(curve.colour);
  return {
    ...named(curve),
    mode: curve.line.x.length === 1 ? "markers" : "lines",
    x: placed(curve.line.x, frame),
    y: curve.line.y,
    // What Plotly leaves out as nearly on a straight line makes corners that can be seen.
    line: { color: colour, dash: curve.dash, width: curve.width, simplify: false },
    marker: { color: colour, size: 6 },
    connectgaps: false,
    hoverlabel: { bordercolor: colour },
    hovertemplate: together ? told : `${texts.across[frame.across]} %{x}<br>${told}`,
  };
}

/** @param {Curve} curve @param {import("./curves.js").Line} losses @param {Frame} frame @param {Theme} theme */
function faint(curve, losses, frame, theme) {
  return {
    ...named(curve),
    text: "faint",
    mode: "lines",
    x: placed(losses.x, frame),
    y: losses.y,
    line: { color: theme(curve.colour), width: 1 },
    opacity: 0.3,
    connectgaps: false,
    hoverinfo: "skip",
  };
}

/**
 * @param {Curve} curve
 * @param {NonNullable<Curve["band"]>} band
 * @param {Frame} frame
 * @param {Theme} theme
 */
function area(curve, band, frame, theme) {
  const edge = {
    ...named(curve),
    text: "band",
    mode: "lines",
    x: placed(band.x, frame),
    line: { width: 0 },
    hoverinfo: "skip",
  };
  return [
    { ...edge, y: band.low },
    { ...edge, y: band.high, fill: "tonexty", fillcolor: `${theme(curve.colour)}26` },
  ];
}

/**
 * @param {Curve} curve
 * @param {Mark[]} marks
 * @param {Frame} frame
 * @param {Theme} theme
 * @param {{symbol: string, size: number}} shape
 */
function marks(curve, marks, frame, theme, shape) {
  if (!marks.length) return [];
  const colour = theme(curve.colour);
  return [
    {
      ...named(curve),
      mode: "markers",
      x: placed(marks.map((mark) => mark.x), frame),
      y: marks.map((mark) => mark.y),
      text: marks.map((mark) => literal(mark.text)),
      marker: { color: colour, ...shape, line: { width: 1, color: theme("--card") } },
      hoverlabel: { bordercolor: colour },
      hovertemplate: "%{text}  %{meta}<extra></extra>",
      cliponaxis: false,
    },
  ];
}
