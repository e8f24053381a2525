/**
 * A part of a curve as finely as it was asked for, and a series with such a part: what is drawn of both.
 * Knows no DOM.
 * @module
 */

import { bucketSize } from "./series.js";

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./series.js").Points} Points */
/** @typedef {import("./series.js").Overview} Overview */
/** @typedef {{low: number, high: number, mean: number}} Spread of the values of a bucket that are finite */

export class Detail {
  /** @param {Overview} told */
  constructor({ start, stop, every, at, values, means }) {
    this.start = start;
    this.stop = stop;
    this.every = every;
    this.at = at;
    this.values = values;
    this.means = means;
  }

  /** @param {number} start @param {number} stop @returns {boolean} whether all of a stretch is in it */
  has(start, stop) {
    return this.start <= start && stop <= this.stop;
  }

  /** @param {number} start @param {number} stop @returns {Points} those of a stretch, and one more on each side */
  within(start, stop) {
    const [at, values] = [Array.from(this.at), Array.from(this.values)];
    const low = Math.max(0, firstAt(at, start) - 1);
    const high = firstAt(at, stop) + 1;
    return { at: at.slice(low, high), values: values.slice(low, high), every: this.every };
  }

  /**
   * @param {number} i the first value of a bucket
   * @param {number} size of it, at least that of the buckets here
   * @returns {Spread | null} null where nothing finite is known of it
   */
  spread(i, size) {
    const { at, values, means, start, every } = this;
    let [low, high] = [Infinity, -Infinity];
    for (let place = firstAt(at, i); (at[place] ?? Infinity) < i + size; place++) {
      const value = values[place] ?? NaN;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const first = Math.floor(start / every);
    const known = Array.from(
      { length: size / every },
      (_, bucket) => means[Math.floor(i / every) + bucket - first] ?? NaN,
    ).filter(Number.isFinite);
    if (!known.length || low > high) return null;
    return { low, high, mean: known.reduce((sum, mean) => sum + mean / known.length, 0) };
  }
}

export class Refined {
  /** @param {Series} series @param {Detail | null} detail of it */
  constructor(series, detail) {
    this.series = series;
    this.detail = detail;
  }

  get length() {
    return this.series.length;
  }

  /**
   * What draws values `start` to `stop` in about so many points.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @returns {Points & {isCoarse: boolean}} coarse where the server could tell more
   */
  choose(start, stop, points) {
    const { series, detail } = this;
    const to = Math.min(stop, series.length);
    const from = Math.max(0, Math.min(start, to));
    const chosen = series.choose(from, to, points);
    if (series.covers(from, to, points)) return { ...chosen, isCoarse: false };
    if (!detail?.has(from, to) || detail.every >= chosen.every) return { ...chosen, isCoarse: true };
    return { ...detail.within(from, to), isCoarse: detail.every > bucketSize(to - from, points) };
  }

  /**
   * @param {number} start
   * @param {number} stop
   * @param {number} size values to a bucket that are wanted
   * @returns {number} those that there are of that stretch
   */
  finest(start, stop, size) {
    const { series, detail } = this;
    const to = Math.min(stop, series.length);
    if (start >= to) return size;
    const held = series.finest(start, size);
    return held > size && detail?.has(start, to) ? Math.min(held, Math.max(size, detail.every)) : held;
  }

  /**
   * @param {number} i the first value of a bucket
   * @param {number} size of it, 1 or that of a level
   * @returns {Spread | null} null where nothing finite is known of it
   */
  spread(i, size) {
    const { series, detail } = this;
    return series.finest(i, size) > size && detail ? detail.spread(i, size) : series.spread(i, size);
  }
}

/** @param {ArrayLike<number>} at ascending @param {number} i @returns {number} the place of the first at or after it */
export function firstAt(at, i) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] ?? 0) < i) low = middle + 1;
    else high = middle;
  }
  return low;
}
