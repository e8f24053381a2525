/**
 * A growing series of numbers, held so that any stretch of it can be drawn at the cost of what is on
 * the screen, and in memory that does not grow with it: the newest values as they are, and of all of
 * them minima, maxima and means, at ever coarser levels. What it does not hold of a stretch long past,
 * the server does. Knows no DOM.
 * @module
 */

import { Level, NONE } from "./level.js";

/** Values to a bucket of the first level, and buckets of one level to one of the next. */
const FACTOR = 4;

/** So that one bucket of the last holds the longest run there may be. */
const LEVELS = 12;

/** Values held as they are at most; past that, the older half goes. */
const MOST = 131_072;

/**
 * What is drawn of a stretch: values in order, each with its place in the series.
 * @typedef {object} Points
 * @property {number[]} at
 * @property {number[]} values
 * @property {number} every values to a bucket of which these are the lowest, the highest and the first
 *   that is not finite; 1 where these are all
 */

/**
 * What is told of a stretch by somebody who holds all of it.
 * @typedef {object} Overview
 * @property {number} start
 * @property {number} stop
 * @property {number} every
 * @property {ArrayLike<number>} at
 * @property {ArrayLike<number>} values
 * @property {ArrayLike<number>} means one for each bucket
 */

/**
 * @param {number} count values of a stretch
 * @param {number} points about how many may be drawn of it
 * @returns {number} values to a bucket, of which two points each are drawn
 */
export function bucketSize(count, points) {
  let size = 1;
  while (count > points && (2 * count) / size > points) size *= FACTOR;
  return size;
}

export class Series {
  /** How many values there are, or were. */
  length = 0;
  /** The first of those that are held as they are. */
  from = 0;
  /** The lowest, the highest and the lowest above zero, of those that are finite. */
  low = Infinity;
  high = -Infinity;
  lowPositive = Infinity;
  /** The first of all, */
  #first = NaN;
  /** and the last that was told, where it was told. */
  #told = { at: NONE, value: NaN };
  #values = new Float64Array(512);
  #levels = Array.from({ length: LEVELS }, (_, depth) => new Level(FACTOR ** (depth + 1)));

  /** @param {Float64Array} values that come next */
  append(values) {
    const start = this.length;
    if (!start) this.#first = values[0] ?? NaN;
    if (start - this.from + values.length > MOST) this.#drop(values.length);
    const kept = values.length > MOST ? values.subarray(values.length - MOST) : values;
    this.#reserve(start + values.length - this.from);
    this.length = start + values.length;
    this.#values.set(kept, this.length - kept.length - this.from);
    for (const level of this.#levels) level.add(values, start);
    this.#bound(values);
  }

  /** @param {Overview} overview of all there is until now, in a series that is empty */
  seed({ stop, every, at, values, means }) {
    this.from = this.length = stop;
    this.#first = values[0] ?? NaN;
    this.#told = { at: at[at.length - 1] ?? NONE, value: values[values.length - 1] ?? NaN };
    this.#bound(values);
    for (const level of this.#levels) {
      if (level.size < every) level.begin(Math.ceil(stop / level.size));
      else this.#seed(level, { stop, every, at, values, means });
    }
  }

  /** @param {ArrayLike<number>} values */
  #bound(values) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (value - value !== 0) continue;
      if (value < this.low) this.low = value;
      if (value > this.high) this.high = value;
      if (value > 0 && value < this.lowPositive) this.lowPositive = value;
    }
  }

  /** @param {Level} level @param {Omit<Overview, "start">} overview */
  #seed(level, { stop, every, at, values, means }) {
    for (let i = 0; i < at.length; i++) level.addPoint(at[i] ?? 0, values[i] ?? NaN);
    for (let i = 0; i < means.length; i++)
      level.addMean(i * every, means[i] ?? NaN, Math.min(every, stop - i * every));
  }

  /** @param {number} i @returns {number} that value; NaN where it is not held */
  at(i) {
    return i >= this.from && i < this.length ? (this.#values[i - this.from] ?? NaN) : NaN;
  }

  /** @param {number} start at or after `from` @param {number} [stop] @returns {Float64Array} */
  slice(start, stop = this.length) {
    return this.#values.subarray(Math.max(0, start - this.from), Math.max(0, stop - this.from));
  }

  /**
   * What draws values `start` to `stop` in about `points` points: all of them, or of each bucket the
   * lowest, the highest and the first that is not finite, and the first and the last of all. Coarser
   * than asked for where what is finer is held no longer.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @returns {Points}
   */
  choose(start, stop, points) {
    const from = Math.max(0, Math.min(start, this.length));
    const to = Math.max(from, Math.min(stop, this.length));
    const size = bucketSize(to - from, points);
    if (size === 1 && from >= this.from) return this.#all(from, to);
    const level = this.#levelFor(from, size);
    return level ? this.#thinned(level, from, to) : { at: [], values: [], every: size };
  }

  /**
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @returns {boolean} whether that stretch is held as finely as those points ask for
   */
  covers(start, stop, points) {
    const size = bucketSize(stop - start, points);
    if (size === 1) return start >= this.from;
    return (this.#levelFor(start, size)?.size ?? Infinity) <= size;
  }

  /**
   * @param {number} start
   * @param {number} size values to a bucket that are wanted
   * @returns {number} those that there are, from there on
   */
  finest(start, size) {
    if (size === 1 && start >= this.from) return 1;
    return this.#levelFor(start, size)?.size ?? Infinity;
  }

  /**
   * @param {number} i
   * @param {number} size values to a bucket, 1 or that of a level
   * @returns {{low: number, high: number, mean: number} | null} of the bucket that has value i; null
   *   where nothing finite is known of it
   */
  spread(i, size) {
    if (size === 1) {
      const value = this.at(i);
      return Number.isFinite(value) ? { low: value, high: value, mean: value } : null;
    }
    const bucket = this.#levels.find((level) => level.size === size)?.at(Math.floor(i / size));
    return bucket && bucket.lowAt !== NONE ? bucket : null;
  }

  /** @param {number} start @param {number} size at least @returns {Level | undefined} the finest that holds it */
  #levelFor(start, size) {
    const fits = (/** @type {Level} */ level) => level.size >= size && level.start <= start;
    return this.#levels.find(fits) ?? this.#levels[LEVELS - 1];
  }

  /** @param {number} start @param {number} stop @returns {Points} */
  #all(start, stop) {
    const at = Array.from({ length: stop - start }, (_, i) => start + i);
    return { at, values: Array.from(this.slice(start, stop)), every: 1 };
  }

  /** @param {Level} level @param {number} start @param {number} stop @returns {Points} */
  #thinned(level, start, stop) {
    /** @type {number[]} */
    const at = [];
    /** @type {number[]} */
    const values = [];
    const put = (/** @type {number} */ i, /** @type {number} */ value) => {
      const last = at[at.length - 1];
      if (i === NONE || (last !== undefined && i <= last)) return;
      at.push(i);
      values.push(value);
    };
    if (start === 0) put(0, this.#first);
    else if (start >= this.from && start < stop) put(start, this.at(start));
    for (let bucket = Math.floor(start / level.size); bucket * level.size < stop; bucket++) {
      for (const [i, value] of this.#three(level, bucket, start, stop)) put(i, value);
    }
    if (stop > start && stop - 1 >= this.from) put(stop - 1, this.at(stop - 1));
    else if (stop - 1 === this.#told.at) put(stop - 1, this.#told.value);
    return { at, values, every: level.size };
  }

  /**
   * Of a bucket the lowest, the highest and the first value that is not finite, in order. Of one that
   * the stretch cuts, those within it, where its values are held; else those of the whole bucket.
   * @param {Level} level
   * @param {number} bucket
   * @param {number} start
   * @param {number} stop
   * @returns {[number, number][]}
   */
  #three(level, bucket, start, stop) {
    const from = Math.max(start, bucket * level.size);
    const to = Math.min(stop, (bucket + 1) * level.size);
    let known = level;
    const cut = to - from < level.size && to < this.length;
    if ((cut || from > bucket * level.size) && from >= this.from) {
      known = new Level(level.size);
      known.begin(bucket);
      known.add(this.slice(from, to), from);
    }
    const found = known.at(bucket);
    if (!found) return [];
    const { lowAt, low, highAt, high, brokenAt } = found;
    /** @type {[number, number][]} */
    const three = [[lowAt, low], [highAt, high], [brokenAt, NaN]];
    return three.sort((a, b) => a[0] - b[0]);
  }

  /** @param {number} count of values for which there is to be room */
  #reserve(count) {
    if (count <= this.#values.length) return;
    const larger = new Float64Array(Math.min(Math.max(count, 2 * this.#values.length), 2 * MOST));
    larger.set(this.#values);
    this.#values = larger;
  }

  /** @param {number} coming values */
  #drop(coming) {
    const keep = Math.max(0, Math.min(MOST / 2, MOST - coming, this.length - this.from));
    this.#values.copyWithin(0, this.length - this.from - keep, this.length - this.from);
    this.from = Math.max(this.length - keep, this.length + coming - MOST);
  }
}
