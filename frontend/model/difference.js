/**
 * How far the losses of two runs are apart, |a - b|, at each iteration that both have. Knows no DOM.
 * @module
 */

import { Refined } from "./detail.js";
import { Series } from "./series.js";

/** @typedef {import("./traces.js").Trace} Trace */
/** @typedef {import("./detail.js").Detail} Detail */
/** @typedef {import("./series.js").Overview} Overview */

/**
 * @param {number} a
 * @param {number} b
 * @returns {number} 0 where both are the same, NaN and infinities too
 */
export const apart = (a, b) => (a === b || (Number.isNaN(a) && Number.isNaN(b)) ? 0 : Math.abs(a - b));

export class Difference {
  series = new Series();
  /** @type {Detail | null} A part of it that was asked for more finely. */
  detail = null;
  /** @type {number | null} The first iteration at which they are not the same. */
  first = null;
  /** Whether what came before is yet to be told. */
  isAwaited = false;
  /** Iterations at which they are the same: what a logarithmic axis cannot show. */
  same = 0;
  /** @type {Map<number, number>} How many differences are NaN or infinite. */
  notFinite = new Map();

  /** @param {Trace} a @param {Trace} b */
  constructor(a, b) {
    this.a = a;
    this.b = b;
  }

  get length() {
    return this.series.length;
  }

  /** What a logarithmic axis cannot show: the name that a trace has for it. */
  get notPositive() {
    return this.same;
  }

  /**
   * What draws iterations `start` to `stop` in about so many points.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @returns {import("./series.js").Points & {isCoarse: boolean}} coarse where the server could tell more
   */
  choose(start, stop, points) {
    return new Refined(this.series, this.detail).choose(start, stop, points);
  }

  /** Take in what both have by now. */
  extend() {
    const { a, b, series } = this;
    const start = series.length;
    const stop = Math.min(a.length, b.length);
    if (start >= stop) return;
    this.isAwaited = start < Math.max(a.raw.from, b.raw.from);
    if (this.isAwaited) return;
    const [left, right] = [a.raw.slice(start, stop), b.raw.slice(start, stop)];
    this.#append(left.map((value, i) => apart(value, right[i] ?? NaN)));
  }

  /**
   * Take in what somebody knows who holds all of both.
   * @param {Overview & {notFinite: Map<number, number>, notPositive: number}} overview from the first iteration on
   * @param {number | null} first iteration at which they are not the same
   */
  seed(overview, first) {
    this.series = new Series();
    this.series.seed(overview);
    this.first = first;
    this.same = overview.notPositive;
    this.notFinite = new Map(overview.notFinite);
    this.isAwaited = false;
    this.extend();
  }

  /** @param {Float64Array} values */
  #append(values) {
    if (this.first === null) {
      const found = values.findIndex((value) => value !== 0);
      if (found >= 0) this.first = this.series.length + found;
    }
    for (const value of values) {
      if (value === 0) this.same++;
      else if (!Number.isFinite(value)) this.notFinite.set(value, (this.notFinite.get(value) ?? 0) + 1);
    }
    this.series.append(values);
  }
}
