/**
 * One level of a series: for each bucket of so many values what a drawing needs of it. Old buckets go
 * where there are very many, so that a level never takes more than half a megabyte. Knows no DOM.
 * @module
 */

/** Numbers kept of each bucket: where its minimum and its maximum stand, both themselves, the first
 * value that is not finite, and the sum and the count of those that are. */
const [LOW_AT, LOW, HIGH_AT, HIGH, BROKEN_AT, SUM, COUNT] = [0, 1, 2, 3, 4, 5, 6];
const WIDTH = 7;

/** Where there is no such value. */
export const NONE = -1;

/** What a sum is kept as a part of, so that it is finite of any values, and by a power of two the same bits. */
const PART = 2 ** -32;

/** Buckets held at most; past that, the older half goes. */
const MOST = 8192;

/**
 * @typedef {object} Bucket
 * @property {number} lowAt `NONE` where no value is finite
 * @property {number} low
 * @property {number} highAt
 * @property {number} high
 * @property {number} brokenAt the first that is not finite; `NONE` where all are
 * @property {number} mean of those that are finite; NaN where none is
 */

export class Level {
  #data = new Float64Array(16 * WIDTH);
  #count = 0;

  /** @param {number} size values to a bucket */
  constructor(size) {
    this.size = size;
    /** The first bucket that is held. */
    this.from = 0;
  }

  /** The first value of which all that this level should know is known. */
  get start() {
    return this.from * this.size;
  }

  /** @param {number} bucket from which on there is something, in a level that is empty */
  begin(bucket) {
    this.from = bucket;
  }

  /**
   * Take in values `start` to `stop`, but for those of buckets that are not held.
   * @param {Float64Array} values the first of which is value `start`
   * @param {number} start
   */
  add(values, start) {
    const { size } = this;
    const stop = start + values.length;
    for (let i = Math.max(start, this.start); i < stop; ) {
      const bucket = Math.floor(i / size);
      const end = Math.min(stop, (bucket + 1) * size);
      const k = this.#place(bucket);
      const data = this.#data;
      for (; i < end; i++) {
        const value = values[i - start] ?? NaN;
        if (value - value === 0) addFinite(data, k, i, value);
        else if (data[k + BROKEN_AT] === NONE) data[k + BROKEN_AT] = i;
      }
    }
  }

  /** @param {number} i @param {number} value one that is known of a bucket; sum and count are not touched */
  addPoint(i, value) {
    const k = this.#place(Math.floor(i / this.size));
    const data = this.#data;
    if (Number.isFinite(value)) {
      widen(data, k, i, value);
    } else if (data[k + BROKEN_AT] === NONE) data[k + BROKEN_AT] = i;
  }

  /** @param {number} i any of a bucket's @param {number} mean of `count` values of it */
  addMean(i, mean, count = 1) {
    if (!Number.isFinite(mean)) return;
    const k = this.#place(Math.floor(i / this.size));
    this.#data[k + SUM] = (this.#data[k + SUM] ?? 0) + PART * mean * count;
    this.#data[k + COUNT] = (this.#data[k + COUNT] ?? 0) + count;
  }

  /** @param {number} bucket @returns {Bucket | null} null for one that is not held */
  at(bucket) {
    const place = bucket - this.from;
    if (place < 0 || place >= this.#count) return null;
    const told = this.#data.subarray(place * WIDTH, (place + 1) * WIDTH);
    const [lowAt = NONE, low = NaN, highAt = NONE, high = NaN, brokenAt = NONE, sum = 0, count = 0] = told;
    return { lowAt, low, highAt, high, brokenAt, mean: sum / count / PART };
  }

  /** @param {number} bucket at or after the first that is held @returns {number} where its numbers begin */
  #place(bucket) {
    while (bucket - this.from >= this.#count) this.#grow();
    return (bucket - this.from) * WIDTH;
  }

  #grow() {
    if (this.#count === MOST) {
      this.#data.copyWithin(0, (MOST / 2) * WIDTH);
      this.#count = MOST / 2;
      this.from += MOST / 2;
    }
    const k = this.#count * WIDTH;
    if (k === this.#data.length) {
      const larger = new Float64Array(2 * k);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data.fill(NONE, k, k + WIDTH);
    this.#data.fill(0, k + SUM, k + WIDTH);
    this.#count++;
  }
}

/** @param {Float64Array} data @param {number} k @param {number} i @param {number} value */
function addFinite(data, k, i, value) {
  widen(data, k, i, value);
  data[k + SUM] = (data[k + SUM] ?? 0) + PART * value;
  data[k + COUNT] = (data[k + COUNT] ?? 0) + 1;
}

/** @param {Float64Array} data @param {number} k @param {number} i @param {number} value */
function widen(data, k, i, value) {
  const none = data[k + LOW_AT] === NONE;
  if (none || value < (data[k + LOW] ?? NaN)) {
    data[k + LOW_AT] = i;
    data[k + LOW] = value;
  }
  if (none || value > (data[k + HIGH] ?? NaN)) {
    data[k + HIGH_AT] = i;
    data[k + HIGH] = value;
  }
}
