/**
 * The page's copy of a run's losses: a growing array with the cursor at its end. Knows no DOM.
 * @module
 */

import { Pyramid } from "./pyramid.js";

/** @typedef {import("../wire/frames.js").Losses} Losses */

/**
 * A stretch of iterations whose losses are the same non-finite value.
 * @typedef {object} Span
 * @property {number} start
 * @property {number} stop
 * @property {number} value NaN, Infinity or -Infinity
 */

export class Trace {
  #values = new Float64Array(512);
  #pyramid = new Pyramid();

  /** How many losses there are; the next iteration wanted. */
  length = 0;
  /** Unix seconds, by the server's clock, at which the newest was produced. */
  producedAt = 0;
  /** Losses that a logarithmic axis cannot show though they are finite: zero or less. */
  notPositive = 0;
  /** @type {Span[]} */
  nonFinite = [];

  /**
   * Append what is new in a block. What came before is passed over.
   * @param {Losses} block
   * @returns {boolean} false where losses are missing between the copy's end and the block
   */
  append(block) {
    if (block.first > this.length) return false;
    const fresh = block.losses.subarray(this.length - block.first);
    if (!fresh.length) return true;
    const start = this.length;
    const stop = start + fresh.length;
    if (stop > this.#values.length) {
      const larger = new Float64Array(Math.max(stop, 2 * this.#values.length));
      larger.set(this.#values.subarray(0, start));
      this.#values = larger;
    }
    this.#values.set(fresh, start);
    this.length = stop;
    this.producedAt = block.producedAt;
    this.#pyramid.extend(this.#values, start, stop);
    this.#notice(start, stop);
    return true;
  }

  /** @param {number} iteration @returns {number} its loss */
  at(iteration) {
    return iteration < this.length ? (this.#values[iteration] ?? Number.NaN) : Number.NaN;
  }

  /** The losses, all of them. */
  get values() {
    return this.#values.subarray(0, this.length);
  }

  /**
   * The iterations to draw for a view from `start` to `stop` in about `points` points.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   */
  choose(start, stop, points) {
    const from = Math.max(0, Math.min(start, this.length));
    return this.#pyramid.choose(from, Math.max(from, Math.min(stop, this.length)), points);
  }

  /** @param {number} start @param {number} stop */
  #notice(start, stop) {
    for (let i = start; i < stop; i++) {
      const value = this.at(i);
      if (Number.isFinite(value)) {
        if (value <= 0) this.notPositive++;
        continue;
      }
      const last = this.nonFinite[this.nonFinite.length - 1];
      if (last && last.stop === i && Object.is(last.value, value)) last.stop = i + 1;
      else this.nonFinite.push({ start: i, stop: i + 1, value });
    }
  }
}
