/**
 * A minimum-maximum pyramid over a growing series, so that a view of any stretch of it costs as
 * much as it has points on screen, however long the series is. Knows no DOM.
 * @module
 */

/** Buckets of one level that make one of the next. */
const FACTOR = 4;

/** Entry of a bucket that holds no such value. */
const NONE = -1;

/** @param {Int32Array} array @param {number} size */
function grown(array, size) {
  if (size <= array.length) return array;
  const larger = new Int32Array(Math.max(size, 2 * array.length)).fill(NONE);
  larger.set(array);
  return larger;
}

/**
 * For each bucket of `size` values: where its minimum and its maximum stand, and the first value
 * that is not finite.
 */
class Level {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    /** @type {Int32Array} */
    this.low = new Int32Array(16).fill(NONE);
    /** @type {Int32Array} */
    this.high = new Int32Array(16).fill(NONE);
    /** @type {Int32Array} */
    this.broken = new Int32Array(16).fill(NONE);
  }

  /** @param {number} count */
  reserve(count) {
    this.low = grown(this.low, count);
    this.high = grown(this.high, count);
    this.broken = grown(this.broken, count);
  }
}

export class Pyramid {
  /** @type {Level[]} */
  #levels = [];
  /** @type {Float64Array} */
  #values = new Float64Array(0);

  /**
   * @param {Float64Array} values the whole series
   * @param {number} start the first value that is new
   * @param {number} stop how many there are
   */
  extend(values, start, stop) {
    this.#values = values;
    for (let depth = 0, size = FACTOR; size <= stop; depth++, size *= FACTOR) {
      let from = start;
      if (depth === this.#levels.length) {
        this.#levels.push(new Level(size));
        from = 0;
      }
      this.#fill(values, depth, Math.floor(from / size), Math.ceil(stop / size), stop);
    }
  }

  /**
   * @param {Float64Array} values
   * @param {number} depth
   * @param {number} first bucket
   * @param {number} end bucket
   * @param {number} stop
   */
  #fill(values, depth, first, end, stop) {
    const level = this.#levels[depth];
    if (!level) return;
    level.reserve(end);
    const below = this.#levels[depth - 1];
    for (let bucket = first; bucket < end; bucket++) {
      let low = NONE;
      let high = NONE;
      let broken = NONE;
      const children = Math.min(FACTOR * (bucket + 1), Math.ceil((stop * FACTOR) / level.size));
      for (let child = FACTOR * bucket; child < children; child++) {
        const finite = !below && Number.isFinite(values[child]);
        const childLow = below ? at(below.low, child) : finite ? child : NONE;
        const childHigh = below ? at(below.high, child) : childLow;
        const childBroken = below ? at(below.broken, child) : finite ? NONE : child;
        if (childLow !== NONE && (low === NONE || at(values, childLow) < at(values, low)))
          low = childLow;
        if (childHigh !== NONE && (high === NONE || at(values, childHigh) > at(values, high)))
          high = childHigh;
        if (broken === NONE) broken = childBroken;
      }
      level.low[bucket] = low;
      level.high[bucket] = high;
      level.broken[bucket] = broken;
    }
  }

  /**
   * The indices that draw values `start` to `stop` in at most about `points` points: all of them,
   * or of each bucket the minimum, the maximum and the first that is not finite, and always the
   * first and the last.
   * @param {number} start
   * @param {number} stop
   * @param {number} points
   * @returns {Int32Array} in order
   */
  choose(start, stop, points) {
    const fits = (/** @type {Level} */ level) => (2 * (stop - start)) / level.size <= points;
    const level = this.#levels.find(fits) ?? this.#levels[this.#levels.length - 1];
    if (stop - start <= points || !level) return range(start, stop);
    const chosen = [start];
    let last = start;
    for (let bucket = Math.floor(start / level.size); bucket * level.size < stop; bucket++) {
      const from = bucket * level.size;
      const whole = from >= start && from + level.size <= stop;
      const three = whole
        ? [at(level.low, bucket), at(level.high, bucket), at(level.broken, bucket)]
        : this.#extremes(Math.max(from, start), Math.min(from + level.size, stop));
      for (const index of three.sort((a, b) => a - b)) {
        if (index > last) chosen.push((last = index));
      }
    }
    if (last !== stop - 1) chosen.push(stop - 1);
    return Int32Array.from(chosen);
  }

  /**
   * Of a bucket that the view cuts: minimum, maximum and first value not finite within the view.
   * @param {number} start
   * @param {number} stop
   * @returns {number[]}
   */
  #extremes(start, stop) {
    const values = this.#values;
    let [low, high, broken] = [NONE, NONE, NONE];
    for (let i = start; i < stop; i++) {
      if (!Number.isFinite(values[i])) {
        if (broken === NONE) broken = i;
        continue;
      }
      if (low === NONE || at(values, i) < at(values, low)) low = i;
      if (high === NONE || at(values, i) > at(values, high)) high = i;
    }
    return [low, high, broken];
  }
}

/** @param {Int32Array | Float64Array} array @param {number} index */
function at(array, index) {
  return array[index] ?? NONE;
}

/** @param {number} start @param {number} stop */
function range(start, stop) {
  const indices = new Int32Array(Math.max(0, stop - start));
  for (let i = 0; i < indices.length; i++) indices[i] = start + i;
  return indices;
}
