/**
 * Whether what is on the page is what there is: how many iterations the server has told of whose losses
 * have not come yet, and what share of them has, since the page was so far behind. Knows no DOM.
 * @module
 */

/** @typedef {import("./state.js").State} State */

/** Iterations that may be under way: of each run, those of about a second, and some in any case. */
const UNDER_WAY_S = 1;
const UNDER_WAY = 1000;

export class Liveness {
  /** The most that were missing since all was there. */
  #most = 0;

  /**
   * @param {State} state
   * @returns {number | null} what share of what was missing has come, from 0 to 1; null where nothing is
   *   missing but what is under way
   */
  caughtUp(state) {
    let missing = 0;
    let usual = UNDER_WAY;
    for (const [id, trace] of state.traces) {
      const run = state.runs.get(id);
      if (!run) continue;
      missing += Math.max(0, run.iteration - trace.length);
      if (run.status === "running") usual += UNDER_WAY_S * (run.rate ?? 0);
    }
    if (missing <= usual) {
      this.#most = 0;
      return null;
    }
    this.#most = Math.max(this.#most, missing);
    return 1 - missing / this.#most;
  }
}
