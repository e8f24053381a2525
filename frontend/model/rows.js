/**
 * The page's copy of what is measured of a run beside its losses: for each channel a growing series
 * of iterations and values, without a gap and without a double. Knows no DOM.
 * @module
 */

/** Rows of one channel that are kept; past them, every second one goes. */
export const MOST_ROWS = 20_000;

const FIRST_ROWS = 256;

/** @typedef {{iteration: number, value: number}} Row */

/** What one channel has. */
export class Series {
  #iterations = new Float64Array(FIRST_ROWS);
  #values = new Float64Array(FIRST_ROWS);
  #most;
  /** Rows that have come, and of how many of them one is kept. */
  #seen = 0;
  #stride = 1;

  length = 0;
  /** @type {Row | null} The newest, which is known even where it is not kept; */
  newest = null;
  /** @type {Row | null} and the first that is not finite. */
  broken = null;

  /**
   * @param {number} next the first iteration of which nothing has come
   * @param {number} most rows that are kept; even
   */
  constructor(next, most) {
    this.next = next;
    this.#most = most;
  }

  get iterations() {
    return this.#iterations.subarray(0, this.length);
  }

  get values() {
    return this.#values.subarray(0, this.length);
  }

  /** @param {number} iteration @param {number} value */
  push(iteration, value) {
    this.next = iteration + 1;
    this.newest = { iteration, value };
    if (!this.broken && !Number.isFinite(value)) this.broken = this.newest;
    if (this.length === this.#most) this.#thin();
    if (this.#seen++ % this.#stride) return;
    if (this.length === this.#values.length) this.#grow();
    this.#iterations[this.length] = iteration;
    this.#values[this.length++] = value;
  }

  #thin() {
    this.#stride *= 2;
    this.length = Math.ceil(this.length / 2);
    for (const array of [this.#iterations, this.#values])
      for (let i = 1; i < this.length; i++) array[i] = array[2 * i] ?? Number.NaN;
  }

  #grow() {
    const grown = (/** @type {Float64Array} */ array) => {
      const larger = new Float64Array(2 * array.length);
      larger.set(array);
      return larger;
    };
    this.#iterations = grown(this.#iterations);
    this.#values = grown(this.#values);
  }
}

export class Rows {
  /** @type {Map<number, Series>} by a channel's number, as the catalog has it */
  channels = new Map();
  /** The first iteration that was asked for. */
  begin = 0;
  /** Whether all is here that was measured before the socket goes on. */
  isWhole = false;
  /** Why it is not, where that needs a word. */
  problem = "";
  /** Grows with each row. */
  version = 0;
  #most;

  /**
   * @param {string} id of the run
   * @param {number} every iterations of which one is measured; 0 where nothing is
   * @param {number} [most] rows of a channel that are kept; even
   */
  constructor(id, every, most = MOST_ROWS) {
    this.id = id;
    this.every = every;
    this.#most = most;
  }

  /** The first iteration of which not everything has come: from there on the socket is asked. */
  get next() {
    let next = Infinity;
    for (const series of this.channels.values()) next = Math.min(next, series.next);
    return next === Infinity ? this.begin : next;
  }

  /**
   * Take in what is new of a channel. What came before is passed over.
   * @param {number} channel
   * @param {ArrayLike<number>} iterations
   * @param {ArrayLike<number>} values
   * @returns {boolean} false where rows are missing between the copy's end and these
   */
  take(channel, iterations, values) {
    const series = this.channels.get(channel) ?? new Series(this.begin, this.#most);
    const due = Math.ceil(series.next / this.every) * this.every;
    if ((iterations[0] ?? 0) > due) return false;
    this.channels.set(channel, series);
    for (let i = 0; i < iterations.length; i++) {
      const [iteration, value] = [iterations[i] ?? 0, values[i] ?? Number.NaN];
      if (iteration >= series.next) series.push(iteration, value);
    }
    this.version++;
    return true;
  }
}
