/**
 * The marks on a line: where losses are not finite, and where something has happened. Each stands on
 * the line as it is drawn, be it thinned out, an average or a mean. Knows no Plotly.
 * @module
 */

import { firstAt } from "../model/detail.js";
import { charts as texts } from "../texts.js";

/** @typedef {import("../model/series.js").Points} Points */
/** @typedef {import("../model/traces.js").Span} Span */
/** @typedef {import("../model/view.js").View} View */
/** @typedef {import("./axes.js").Across} Across */

/**
 * @typedef {object} Mark
 * @property {number} x
 * @property {number} y
 * @property {string} text
 */

/** Something that is told at an iteration. @typedef {{iteration: number, text: string}} Happening */

/**
 * A line, and the axes along which it is straight between its points.
 * @typedef {object} Ground
 * @property {Pick<Points, "at" | "values">} points
 * @property {Across} axis
 * @property {View["scale"]} scale
 * @property {View["xscale"]} xscale
 */

/** Marks of one kind on one line at most; what is beyond is counted beside the chart, as all of it is. */
const MOST = 50;

/** Where a mark stands on a line that has no value. */
export const NOWHERE = 1;

/**
 * @param {(Span & {at?: number})[]} spans that are not finite; `at` where the line has another count
 * @param {Ground} ground
 * @returns {Mark[]} at the height of the last value before
 */
export function crosses(spans, ground) {
  return spans.slice(0, MOST).map(({ start, stop, value, at = start }) => {
    const y = before(ground, at);
    return { x: ground.axis.place(at), y, text: texts.drawnAt(texts.mark(value, start, stop), y) };
  });
}

/**
 * @param {Happening[]} happenings
 * @param {Ground} ground
 * @returns {Mark[]} of the last of those that are on the line; what happens next stands at its end
 */
export function diamonds(happenings, ground) {
  const { at } = ground.points;
  const [first = 0, last = -1] = [at[0], at[at.length - 1]];
  return happenings.slice(-MOST).flatMap(({ iteration, text }) => {
    if (iteration < first || iteration > last + 1) return [];
    const there = Math.min(iteration, last);
    const y = height(ground, there);
    return y === null ? [] : [{ x: ground.axis.place(there), y, text }];
  });
}

/** @param {Ground} ground @returns whether its axis up can show a value */
const shows = ({ scale }) =>
  /** @type {(value: number | undefined) => value is number} */ (
    (value) => Number.isFinite(value) && (scale !== "log" || Number(value) > 0)
  );

/** @param {Ground} ground @param {number} iteration @returns {number} */
function before(ground, iteration) {
  const { at, values } = ground.points;
  const next = firstAt(at, iteration);
  return values.slice(0, next).findLast(shows(ground)) ?? values.slice(next).find(shows(ground)) ?? NOWHERE;
}

/** @param {Ground} ground @param {number} iteration @returns {number | null} of the line there; null where it is not drawn */
function height(ground, iteration) {
  const { points, axis, scale, xscale } = ground;
  const right = firstAt(points.at, iteration);
  const left = points.at[right] === iteration ? right : right - 1;
  const [low, high] = [points.values[left], points.values[right]];
  if (!shows(ground)(low) || !shows(ground)(high)) return [low, high].find(shows(ground)) ?? null;
  const x = (/** @type {number | undefined} */ i) => along(xscale, axis.place(i ?? NaN));
  const [from, to] = [x(points.at[left]), x(points.at[right])];
  const share = (x(iteration) - from) / (to - from);
  if (!Number.isFinite(share)) return low;
  const y = along(scale, low) + share * (along(scale, high) - along(scale, low));
  return scale === "log" ? Math.exp(y) : y;
}

/** @param {"linear" | "log"} scale @param {number} value */
const along = (scale, value) => (scale === "log" ? Math.log(value) : value);
