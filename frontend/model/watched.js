/**
 * What the page has of the runs that it watches: their losses, and of the one close up what was measured
 * beside them. Knows no DOM.
 * @module
 */

import { Rows } from "./rows.js";
import { Trace } from "./traces.js";

/** @typedef {import("../wire/api.js").Run} Run */

/** Iterations of a run that are followed from the first on; of a longer one the server tells its past. */
export const FOLLOWED = 65_536;

export class Watched {
  /** @type {Map<string, Trace>} by the id of the run */
  traces = new Map();
  /** @type {Rows | null} */
  rows = null;
  #runs;

  /** @param {ReadonlyMap<string, Run>} runs all there are */
  constructor(runs) {
    this.#runs = runs;
  }

  /**
   * @param {Set<string>} wanted runs to be watched, and no others
   * @param {string} closeup the one of them that is seen close up; empty for none
   */
  fit(wanted, closeup) {
    for (const id of wanted) if (!this.traces.has(id)) this.traces.set(id, this.#newTrace(id));
    for (const id of this.traces.keys()) if (!wanted.has(id)) this.traces.delete(id);
    const measured = this.#runs.get(closeup);
    if (this.rows?.id !== measured?.id)
      this.rows = measured ? new Rows(measured.id, measured.spec["diagnostics_every"] ?? 0) : null;
  }

  /** @param {string} id a run of which not all that the page has is true any more */
  rewind(id) {
    if (this.traces.has(id)) this.traces.set(id, this.#newTrace(id));
    if (this.rows?.id === id) this.rows = new Rows(id, this.rows.every);
  }

  /** @returns {Record<string, number>} the watched runs, each with the next iteration wanted */
  cursors() {
    const told = [...this.traces].filter(([, trace]) => !trace.isAwaited);
    const cursors = Object.fromEntries(told.map(([id, trace]) => [id, trace.length]));
    const { measured, rows } = this;
    // Losses that are here already come once more with what was measured beside them.
    if (rows && measured in cursors) cursors[measured] = Math.min(cursors[measured] ?? 0, rows.next);
    return cursors;
  }

  /** The run whose diagnostics the socket is asked for; empty for none, or as long as its past is fetched. */
  get measured() {
    return this.rows?.isWhole && this.rows.every ? this.rows.id : "";
  }

  /** @returns {number} when the newest loss of a running run was produced, in Unix seconds; 0 where there is none */
  producedAt() {
    let newest = 0;
    for (const [id, trace] of this.traces)
      if (this.#runs.get(id)?.status === "running") newest = Math.max(newest, trace.producedAt);
    return newest;
  }

  /** @param {string} id */
  #newTrace(id) {
    const trace = new Trace();
    trace.isAwaited = (this.#runs.get(id)?.iteration ?? 0) > FOLLOWED;
    return trace;
  }
}
