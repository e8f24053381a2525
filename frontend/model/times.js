/**
 * When the iterations of a run were done: a few marks, each a count of iterations and the time at
 * which so many were done, and between them a straight line. Knows no DOM.
 * @module
 */

/** Marks held at most; past that, every second goes. */
const MOST = 4096;

/** Between two marks that tell of more than one iteration. */
const GAP_S = 2;

export class Times {
  /** @type {number[]} iterations done, */
  #counts = [0];
  /** @type {number[]} and when, in Unix seconds. */
  #at = [0];

  /** Whether somebody who knows all of them has told them. */
  isTold = false;

  /** How many iterations the marks tell of. */
  get stop() {
    return this.#counts[this.#counts.length - 1] ?? 0;
  }

  /**
   * @param {number} at when the run was started, in Unix seconds, as far as that is known: one that was
   *   forked from a run that is gone has iterations that are older
   * @returns {number} when its iterations began
   */
  begin(at) {
    return (this.#at[0] = Math.min(at, this.#at[1] ?? at));
  }

  /** @param {number} count more than before @param {number} at */
  mark(count, at) {
    const last = this.#at.length - 1;
    if (count <= this.stop) return;
    // Many at once, over a while: they were not done all along of it.
    if (last > 0 && count - this.stop > 1 && at - (this.#at[last] ?? 0) > GAP_S) this.isTold = false;
    this.#counts.push(count);
    this.#at.push(at);
    if (this.#counts.length > MOST) this.#thin();
  }

  /**
   * Take in what somebody knows better, of iterations up to the last of these.
   * @param {number[]} counts ascending
   * @param {number[]} at
   */
  correct(counts, at) {
    this.isTold = true;
    const last = counts[counts.length - 1] ?? 0;
    const kept = this.#counts.findIndex((count) => count > last);
    const [later, when] = kept < 0 ? [[], []] : [this.#counts.slice(kept), this.#at.slice(kept)];
    this.#counts = [0, ...counts, ...later];
    this.#at = [this.#at[0] ?? 0, ...at, ...when];
    while (this.#counts.length > MOST) this.#thin();
  }

  /** @param {number} iteration @returns {number} when it was done, in Unix seconds */
  of(iteration) {
    return between(this.#counts, this.#at, iteration + 1);
  }

  /** @param {number} at in Unix seconds @returns {number} the iteration that was done then, with its fraction */
  iteration(at) {
    return between(this.#at, this.#counts, at) - 1;
  }

  /** @param {number} count of iterations @returns {number} the last mark's time until so many were done, in Unix seconds */
  by(count) {
    return this.#at[this.#counts.findLastIndex((done) => done <= count)] ?? 0;
  }

  #thin() {
    const last = this.#counts.length - 1;
    const kept = (/** @type {unknown} */ _, /** @type {number} */ i) => i % 2 === 0 || i === last;
    this.#counts = this.#counts.filter(kept);
    this.#at = this.#at.filter(kept);
  }
}

/**
 * @param {number[]} from ascending
 * @param {number[]} to
 * @param {number} value
 * @returns {number} on the line through the points of both; at their ends, that of the last piece
 */
function between(from, to, value) {
  let [low, high] = [0, from.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((from[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [from[low], from[high], to[low], to[high]];
  if (x1 === x0) return y1;
  return y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}
