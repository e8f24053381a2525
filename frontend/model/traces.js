/**
 * The page's copy of a run's losses, with the cursor at its end, and the same smoothed. Knows no DOM.
 * @module
 */

import { Average } from "./average.js";
import { Refined } from "./detail.js";
import { Series } from "./series.js";
import { Times } from "./times.js";

/** @typedef {import("../wire/frames.js").Losses} Losses */
/** @typedef {import("./series.js").Points} Points */
/** @typedef {import("./series.js").Overview} Overview */
/** @typedef {import("./detail.js").Detail} Detail */

/**
 * A stretch of iterations whose losses are the same non-finite value.
 * @typedef {object} Span
 * @property {number} start
 * @property {number} stop
 * @property {number} value NaN, Infinity or -Infinity
 */

/**
 * What the server tells of losses that the page does not hold.
 * @typedef {Points & Overview & {
 *   spans: Span[], notFinite: Map<number, number>, notPositive: number,
 *   last: {value: number, finite: number} | null,
 * }} History
 */

/** Spans that are held at most, the first ones; all are counted. */
const MOST_SPANS = 100;

export class Trace {
  raw = new Series();
  times = new Times();
  /** Unix seconds, by the server's clock, at which the newest was produced. */
  producedAt = 0;
  /** Losses that a logarithmic axis cannot show though they are finite: zero or less. */
  notPositive = 0;
  /** @type {Span[]} the first ones */
  nonFinite = [];
  /** @type {Map<number, number>} How many losses are NaN, Infinity, -Infinity. */
  notFinite = new Map();
  /** Whether what came before its end is yet to be told: until then, nothing is asked for. */
  isAwaited = false;

  /** @type {{average: Average, series: Series} | null} */
  #smooth = null;
  /** @type {Map<number, Detail>} the last one of each weight */
  #details = new Map();

  /** How many losses there are; the next iteration wanted. */
  get length() {
    return this.raw.length;
  }

  /**
   * Append what is new in a block. What came before is passed over.
   * @param {Losses} block
   * @returns {boolean} false where losses are missing between the copy's end and the block
   */
  append(block) {
    if (this.isAwaited) return true; // it comes again, once what was before it is told
    if (block.first > this.length) return false;
    const fresh = block.losses.subarray(this.length - block.first);
    if (!fresh.length) return true;
    const start = this.length;
    this.raw.append(fresh);
    this.#smooth?.series.append(this.#smooth.average.next(fresh));
    this.producedAt = block.producedAt;
    this.times.mark(this.length, block.producedAt);
    this.#notice(fresh, start);
    return true;
  }

  /** @param {History} history of all there is until now, where the page has nothing yet */
  seed(history) {
    this.isAwaited = false;
    this.raw.seed(history);
    this.nonFinite = history.spans.slice(0, MOST_SPANS);
    this.notFinite = new Map(history.notFinite);
    this.notPositive = history.notPositive;
  }

  /** @param {number} iteration @returns {number} its loss; NaN where the page does not hold it */
  at(iteration) {
    return this.raw.at(iteration);
  }

  /**
   * The losses, or their average.
   * @param {number} weight of what came before in the average; 0 for the losses themselves
   * @returns {Series | null} null where the server has to tell of it first
   */
  series(weight) {
    if (weight === 0) return this.raw;
    if (this.#smooth?.average.weight !== weight) {
      this.#smooth = null;
      if (this.raw.from > 0) return null;
      const [average, series] = [new Average(weight), new Series()];
      series.append(average.next(this.raw.slice(0)));
      this.#smooth = { average, series };
    }
    return this.#smooth.series;
  }

  /**
   * Take in the average of what the page does not hold.
   * @param {number} weight
   * @param {History} history from the first loss on
   * @returns {boolean} false where losses are missing after it
   */
  seedAverage(weight, history) {
    if (history.stop < this.raw.from || history.stop > this.length || !history.last) return false;
    const [average, series] = [new Average(weight), new Series()];
    series.seed(history);
    average.resume(history.last.value, history.last.finite);
    series.append(average.next(this.raw.slice(history.stop)));
    this.#smooth = { average, series };
    return true;
  }

  /** @param {number} weight of the average that it is of; 0 for the losses @param {Detail} detail */
  refine(weight, detail) {
    this.#details.set(weight, detail);
  }

  /**
   * @param {number} weight of the average; 0 for the losses themselves
   * @returns {Refined | null} all that is known of it; null where the server has to tell of it first
   */
  known(weight) {
    const series = this.series(weight);
    return series && new Refined(series, this.#details.get(weight) ?? null);
  }

  /**
   * What draws iterations `start` to `stop` in about so many points.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @param {number} [weight]
   * @returns {Points & {isCoarse: boolean}} coarse where the server could tell more
   */
  choose(start, stop, points, weight = 0) {
    const nothing = { at: [], values: [], every: 1, isCoarse: true };
    return this.known(weight)?.choose(start, stop, points) ?? nothing;
  }

  /** @param {Float64Array} values @param {number} start */
  #notice(values, start) {
    values.forEach((value, place) => {
      const i = start + place;
      if (Number.isFinite(value)) {
        if (value <= 0) this.notPositive++;
        return;
      }
      this.notFinite.set(value, (this.notFinite.get(value) ?? 0) + 1);
      const last = this.nonFinite[this.nonFinite.length - 1];
      if (last && last.stop === i && Object.is(last.value, value)) last.stop = i + 1;
      else if (this.nonFinite.length < MOST_SPANS) this.nonFinite.push({ start: i, stop: i + 1, value });
    });
  }
}
