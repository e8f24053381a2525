/**
 * Fetches what was measured of the run close up before the page looked at it, piece by piece; what
 * comes after that is the socket's.
 * @module
 */

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/rows.js").Rows} Rows */

/** Measured iterations in one answer: about 1.5 MB of it. */
const PIECE_ROWS = 10_000;

/** Measured iterations that are fetched at most: the newest. */
const MOST_ROWS = 200_000;

/** Until it is tried again where the server was not there. */
const RETRY_MS = 2000;

/**
 * @typedef {object} Measured
 * @property {number[]} iterations
 * @property {Record<string, import("../numbers.js").Told[]>} channels by name
 */

export class Past {
  /** @type {Rows | null} What is being fetched. */
  #rows = null;

  /**
   * @param {State} state
   * @param {(id: string, start: number, stop: number) => Promise<Measured>} get
   */
  constructor(state, get) {
    this.state = state;
    this.get = get;
  }

  /** After a refusal: whatever changes meanwhile, it is not asked again at once. */
  #isResting = false;

  /** Something of the state has changed: fetch what is wanted. */
  look() {
    const { rows, catalog, isCurrent } = this.state;
    if (!rows || rows === this.#rows || rows.isWhole || !rows.every) return;
    if (!catalog || !isCurrent || this.#isResting) return;
    void this.#fetch(rows);
  }

  /** @param {Rows} rows */
  async #fetch(rows) {
    this.#rows = rows;
    rows.begin = this.#beginning(rows);
    try {
      while (this.state.rows === rows && !rows.isWhole) await this.#fetchPiece(rows);
    } catch (error) {
      rows.problem = error instanceof Error ? error.message : String(error);
      this.#isResting = true;
      setTimeout(() => {
        this.#isResting = false;
        this.look();
      }, RETRY_MS);
    } finally {
      if (this.#rows === rows) this.#rows = null;
    }
    if (this.state.rows === rows) this.state.changed();
  }

  /** @param {Rows} rows that what is not there yet is to be taken into */
  async #fetchPiece(rows) {
    const { next } = rows;
    const found = await this.get(rows.id, next, next + PIECE_ROWS * rows.every);
    for (const { name, number } of this.state.catalog?.channels ?? [])
      rows.take(number, found.iterations, (found.channels[name] ?? []).map(Number));
    rows.problem = "";
    rows.isWhole = found.iterations.length < PIECE_ROWS;
  }

  /** @param {Rows} rows @returns {number} the first iteration that is asked for */
  #beginning({ id, every, begin, channels }) {
    if (channels.size) return begin;
    const done = this.state.runs.get(id)?.iteration ?? 0;
    return Math.max(begin, every * Math.floor(done / every - MOST_ROWS), 0);
  }
}
