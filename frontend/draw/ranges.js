/**
 * How far the axes of a chart go. While something on it grows they are longer than they must be, and
 * move in steps: a chart is calm then, and its curves can be drawn on without its axes.
 * @module
 */

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("../model/view.js").View} View */
/** @typedef {import("../model/view.js").Zoom} Zoom */

/**
 * @typedef {object} Ends
 * @property {number} from the first place on the axis across
 * @property {number} to the last
 * @property {number} low the lowest value that the axis up can show
 * @property {number} high
 */

/** Steps in which an axis grows, as a share of it; and where it is logarithmic, in powers of ten. */
const STEP = 1 / 8;
const DECADE_STEP = 1 / 2;

/** Share of an axis that is left free above and below. */
const ROOM = 0.04;

/** @returns {Ends} of nothing */
export const nowhere = () => ({ from: Infinity, to: -Infinity, low: Infinity, high: -Infinity });

/**
 * @param {Ends} ends that are widened
 * @param {Curve} curve
 * @param {Pick<View, "scale" | "xscale">} scales
 */
export function widen(ends, { line, faint, band, marks, changes }, { scale, xscale }) {
  const least = scale === "log" ? 0 : -Infinity;
  const marked = [...marks, ...changes].map(({ y }) => y);
  for (const values of [line.y, faint?.y ?? [], band?.low ?? [], band?.high ?? [], marked]) {
    for (const value of values) {
      if (value === null || value <= least) continue;
      if (value < ends.low) ends.low = value;
      if (value > ends.high) ends.high = value;
    }
  }
  const first = line.x.find((place) => xscale === "linear" || place > 0);
  const last = line.x[line.x.length - 1];
  if (first !== undefined && first < ends.from) ends.from = first;
  if (last !== undefined && last > ends.to) ends.to = last;
}

/**
 * @param {Ends} ends
 * @param {Pick<View, "scale" | "xscale">} scales
 * @param {number | null} most how far what still grows may come on the axis across; null where nothing grows
 * @returns {Zoom} null where there is nothing to show
 */
export function ranges({ from, to, low, high }, { scale, xscale }, most) {
  return {
    x: from <= to ? across(from, to, xscale, most) : null,
    y: low <= high ? up(low, high, scale, most !== null) : null,
  };
}

/** @param {number} from @param {number} to @param {View["xscale"]} xscale @param {number | null} most @returns {[number, number]} */
function across(from, to, xscale, most) {
  if (most === null) return from < to ? [from, to] : [from, from + 1];
  if (xscale === "log") return [from, Math.min(stepUp(to), Math.max(most, 2 * from))];
  const unit = STEP * 2 ** Math.ceil(Math.log2(Math.max(to - from, 1)));
  const end = from + unit * Math.ceil((to - from) / unit || 1);
  return [from, Math.min(end, Math.max(most, to, from + 1))];
}

/** @param {number} place */
const stepUp = (place) => 10 ** (STEP * Math.ceil(Math.log10(Math.max(place, 2)) / STEP));

/** @param {number} low @param {number} high @param {View["scale"]} scale @param {boolean} grows @returns {[number, number]} */
function up(low, high, scale, grows) {
  const isLog = scale === "log";
  let [bottom, top] = isLog ? [Math.log10(low), Math.log10(high)] : [low, high];
  if (grows && bottom < top) {
    const unit = isLog ? DECADE_STEP : STEP * 2 ** Math.ceil(Math.log2(top - bottom));
    [bottom, top] = [unit * Math.floor(bottom / unit), unit * Math.ceil(top / unit)];
  }
  const room = ROOM * (top - bottom || Math.abs(top) || 1);
  const wide = /** @type {const} */ ([bottom - room, top + room]);
  return isLog ? [10 ** wide[0], 10 ** wide[1]] : [wide[0], wide[1]];
}
