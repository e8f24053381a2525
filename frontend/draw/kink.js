/**
 * A ReLU as a small picture: its value, its slope, and its slope at 0, as the server has measured
 * them.
 * @module
 */

import { svg } from "../dom.js";

/** @typedef {import("../wire/api.js").Curve} Curve */
/** @typedef {[h: number, y: number][]} Line */

const WIDTH = 96;
const HEIGHT = 56;

/** Around the picture, so that a line along its edge is seen whole. */
const MARGIN = 3;

/** What is seen at least, and at most, of what a ReLU of somebody's own may give. */
const LEAST = [-0.35, 2];
const MOST = [-3, 4];

/** A jump is at least so high, */
const JUMP = 0.15;

/** and so many times higher than what the curve climbs before and after it. */
const STEEPER = 3;

/**
 * @param {[h: number, y: number][]} points by rising h
 * @returns {Line[]} what is drawn through them: broken where they jump, and where they are not finite
 */
export function lines(points) {
  const climbs = points.slice(1).map(([, y], i) => Math.abs(y - (points[i]?.[1] ?? y)));
  const isJump = (/** @type {number} */ i) => {
    const climb = climbs[i] ?? 0;
    return climb > JUMP && climb > STEEPER * Math.max(climbs[i - 1] ?? 0, climbs[i + 1] ?? 0);
  };
  /** @type {Line[]} */
  const drawn = [[]];
  points.forEach((point, i) => {
    if (Number.isFinite(point[1])) drawn.at(-1)?.push(point);
    if (!Number.isFinite(point[1]) || isJump(i)) drawn.push([]);
  });
  return drawn.filter((line) => line.length > 1);
}

/**
 * @param {Curve} curve that could be measured
 * @returns {SVGElement}
 */
export function kink({ h, value, slope, slope_at_0 }) {
  const at = (h ?? []).map(Number);
  const values = lines(at.map((h, i) => [h, Number(value?.[i])]));
  // The slope at 0 is a convention, and a point of its own.
  const slopes = lines(at.flatMap((h, i) => (h === 0 ? [] : [[h, Number(slope?.[i])]])));
  const dot = Number(slope_at_0);
  const all = [...values, ...slopes].flat().map(([, y]) => y);
  const [[least = 0, high = 1], [lowest = 0, highest = 1]] = [LEAST, MOST];
  const bottom = Math.max(lowest, Math.min(least, ...all));
  const top = Math.min(highest, Math.max(high, ...all));
  const left = at[0] ?? -1;
  const x = (/** @type {number} */ h) => MARGIN + ((h - left) / -2 / left) * (WIDTH - 2 * MARGIN);
  const y = (/** @type {number} */ value) =>
    MARGIN + ((top - value) / (top - bottom)) * (HEIGHT - 2 * MARGIN);
  const d = (/** @type {Line[]} */ lines) =>
    lines.map((line) => `M${line.map(([h, v]) => `${x(h).toFixed(1)} ${y(v).toFixed(1)}`).join("L")}`).join("");
  const axes = `M0 ${y(0)}H${WIDTH}M${x(0)} 0V${HEIGHT}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "kink", "aria-hidden": "true" },
    svg("path", { class: "axes", d: axes }),
    svg("path", { class: "slope", d: d(slopes) }),
    svg("path", { class: "value", d: d(values) }),
    ...(Number.isFinite(dot) ? [svg("circle", { cx: x(0), cy: y(dot), r: 3.2 })] : []),
  );
}
