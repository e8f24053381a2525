/**
 * The few pictures on buttons, drawn here so that they look the same everywhere.
 * @module
 */

import { svg } from "../dom.js";

const PATHS = {
  play: "M4 2l10 6-10 6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  step: "M3 2l7 6-7 6zM11 2h3v12h-3z",
  stop: "M3 3h10v10H3z",
  fast: "M1 2l7 6-7 6zM8 2l7 6-7 6z",
  slow: "M8 1a7 7 0 1 0 0 14A7 7 0 1 0 8 1zM8 3a5 5 0 1 1 0 10A5 5 0 1 1 8 3zM7.200 4.500h1.600v3.100l2.500 1.700-.9 1.300-3.200-2.200z",
  up: "M8 4l6 6.500-1.500 1.400L8 7 3.500 11.900 2 10.500z",
  down: "M8 12L2 5.500l1.500-1.400L8 9l4.500-4.900L14 5.500z",
  edit: "M11.500 1.500l3 3L5.500 13.500 1.500 14.500l1-4zM11.500 3.600L4.300 10.800l-.4 1.300 1.300-.4 7.200-7.200z",
  pin: "M5 1h6v1.600l-1 .7v3.400l2.500 2.300v1.500H8.600v4L8 15.500l-.6-1v-4H3.500V9L6 6.700V3.300l-1-.7z",
  fold: "M8 2L2 8l6 6 1.300-1.300L4.600 8l4.700-4.700zM13.200 2l-6 6 6 6 1.300-1.300L9.800 8l4.700-4.700z",
  more: "M8 2a1.500 1.500 0 1 0 0 3A1.500 1.500 0 1 0 8 2zM8 6.500a1.500 1.500 0 1 0 0 3A1.500 1.500 0 1 0 8 6.500zM8 11a1.500 1.500 0 1 0 0 3A1.500 1.500 0 1 0 8 11z",
  fill: "M1.500 1.500h5v1.600H3.100v3.400H1.500zM9.500 1.500h5v5h-1.600V3.100H9.500zM1.500 9.500h1.600v3.400h3.400v1.600h-5zM12.900 9.500h1.600v5h-5v-1.600h3.400z",
  eye: "M8 2.500C4.300 2.500 1.600 5 .2 8c1.400 3 4.100 5.500 7.800 5.500s6.400-2.500 7.800-5.500C14.400 5 11.700 2.500 8 2.500zM8 4.300a3.700 3.700 0 1 1 0 7.400A3.700 3.700 0 1 1 8 4.300zM8 6a2 2 0 1 0 0 4A2 2 0 1 0 8 6z",
  unfold: "M3 5l5 6 5-6z",
  remove: "M3 4.400L4.400 3 8 6.600 11.600 3 13 4.400 9.400 8 13 11.600 11.600 13 8 9.400 4.400 13 3 11.600 6.600 8z",
};

/** @typedef {keyof typeof PATHS} Icon */

/**
 * @param {Icon} name
 * @returns {SVGElement}
 */
export const icon = (name) => picture("0 0 16 16", svg("path", { d: PATHS[name], "fill-rule": "evenodd" }));

/**
 * @param {import("../draw/palette.js").Style} style
 * @returns {SVGElement} a piece of a curve, as the charts draw it
 */
export function swatch({ colour, dash }) {
  const line = { x1: 0, y1: 4, x2: 32, y2: 4, stroke: `var(${colour})`, "stroke-width": 3 };
  return picture("0 0 32 8", svg("line", { ...line, "stroke-dasharray": dash === "solid" ? "" : dash }));
}

/**
 * @param {string} viewBox
 * @param {SVGElement} shape
 * @returns {SVGElement}
 */
const picture = (viewBox, shape) => svg("svg", { viewBox, "aria-hidden": "true" }, shape);
