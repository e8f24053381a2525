/**
 * What a figure is drawn within, in the words of Plotly's layout: axes, ranges, colours, what is told
 * under the mouse. Calls nothing of Plotly.
 * @module
 */

import { charts as texts } from "../texts.js";

/** @typedef {import("../model/view.js").Zoom} Zoom */
/** @typedef {import("../model/view.js").View} View */

/**
 * @typedef {object} Frame
 * @property {View["x"]} across what the axis across counts
 * @property {View["xscale"]} xscale
 * @property {View["scale"]} scale of the axis up
 * @property {string} up what that axis counts
 * @property {Zoom} seen how far the axes go
 * @property {boolean} isSmall whether there is no room for words along the axes
 * @property {{x: number, text: string} | null} line up and down, with a word
 */

/** @typedef {(name: string) => string} Theme the value of a property of base.css, by day or by night */

/** A finger scrolls the page: a chart as wide as the screen would hold it fast. */
export const finger = matchMedia("(pointer: coarse)");

/** @type {Map<string, string>} Asked of the page once, which would have to see to all its styles each time. */
const known = new Map();

/** @type {Theme} */
export function look(name) {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    known.set(name, value);
  }
  return value;
}

/** Day has become night, or the other way round. */
export function lookAnew() {
  known.clear();
}

/** How far the clock on the wall is from that of the world, in ms: Plotly's dates know no place. */
const wall = (/** @type {number} */ ms) => -60_000 * new Date(ms).getTimezoneOffset();

/**
 * @param {string} type of an axis
 * @param {number} place in Unix seconds, where it is one of dates
 * @returns {number} as Plotly counts it
 */
export function placeOf(type, place) {
  return type === "date" ? 1000 * place + wall(1000 * place) : place;
}

/**
 * @param {string} type of an axis
 * @param {number | string} place as Plotly tells it
 * @returns {number}
 */
export function seconds(type, place) {
  if (type !== "date") return Number(place);
  const ms = typeof place === "number" ? place : Date.parse(`${place.replace(" ", "T")}Z`);
  return (ms - wall(ms)) / 1000;
}

/**
 * @param {Frame} frame
 * @param {Theme} theme
 * @param {boolean} together whether all curves are told of under the mouse, or the nearest
 */
export function layout(frame, theme, together) {
  const [ink, soft, card] = [theme("--ink"), theme("--ink-soft"), theme("--card")];
  const axis = { color: soft, gridcolor: theme("--grid"), zerolinecolor: theme("--grid") };
  const isClock = frame.across === "clock";
  return {
    margin: { l: frame.isSmall ? 40 : 56, r: 14, t: finger.matches ? 34 : 10, b: frame.isSmall ? 24 : 40 },
    // Of these Plotly makes the colours of its buttons and of the box of a zoom: not transparent.
    paper_bgcolor: card,
    plot_bgcolor: card,
    // What the buttons on the chart have set stays, while all else is as it is said here.
    modebar: { bgcolor: "rgba(0,0,0,0)", color: soft, activecolor: theme("--accent"), uirevision: "kept" },
    dragmode: finger.matches ? false : "zoom",
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    hoverlabel: { bgcolor: card, font: { color: ink }, namelength: -1 },
    showlegend: false,
    hovermode: together ? "x" : "closest",
    xaxis: {
      ...axis,
      type: isClock ? "date" : frame.xscale,
      title: { text: frame.isSmall ? "" : texts.across[frame.across] },
      ...ranged(isClock ? "date" : frame.xscale, frame.seen.x),
    },
    yaxis: {
      ...axis,
      type: frame.scale,
      title: { text: frame.isSmall ? "" : frame.up },
      exponentformat: "power",
      automargin: true,
      ...ranged(frame.scale, frame.seen.y),
    },
    ...upright(frame, theme),
  };
}

/** @param {Frame} frame @param {Theme} theme */
function upright({ line, across, xscale }, theme) {
  if (!line) return { shapes: [], annotations: [] };
  const x = placeOf(across === "clock" ? "date" : "", line.x);
  const isLog = across !== "clock" && xscale === "log"; // there an annotation stands by the power of ten
  const colour = theme("--bad");
  return {
    shapes: [
      { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: { color: colour, width: 1, dash: "4px,3px" } },
    ],
    annotations: [
      { text: line.text, x: isLog ? Math.log10(Math.max(x, 1)) : x, xanchor: "left", yref: "paper", y: 1, yanchor: "top", showarrow: false, font: { color: colour } },
    ],
  };
}

/**
 * @param {string} type of the axis
 * @param {[number, number] | null} range
 */
function ranged(type, range) {
  const [low, high] = range ?? [0, 0];
  if (!(low < high) || (type === "log" && !(high > 0))) return { autorange: true };
  if (type !== "log") return { range: [placeOf(type, low), placeOf(type, high)], autorange: false };
  return low > 0 ? { range: [Math.log10(low), Math.log10(high)], autorange: false } : { autorange: true };
}
