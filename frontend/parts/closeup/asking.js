/**
 * What the run close up is asked, and what is said of a refusal.
 * @module
 */

import { notice as texts } from "../../texts.js";
import { Refusal } from "../../wire/api.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../wire/api.js").FieldProblem} FieldProblem */

/**
 * A part of the close up: what is seen of it, and what draws it.
 * @typedef {{element: HTMLElement, render: (run: Run) => void}} Part
 */

export class Asking {
  /**
   * @param {State} state
   * @param {import("../table/table.js").OnIntent} onIntent
   * @param {(id: string) => void} onAsked called with a run that something was asked of
   */
  constructor(state, onIntent, onAsked) {
    this.state = state;
    this.onIntent = onIntent;
    this.onAsked = onAsked;
  }

  /**
   * @template T
   * @param {string} what is asked, for people
   * @param {string} id of the run
   * @param {() => Promise<T>} ask
   * @param {(errors: FieldProblem[], detail: string) => void} [onWrongFields] who shows what is wrong where
   *   it is typed; else the notice does
   * @returns {Promise<T | null>} the answer; null where it was refused
   */
  async ask(what, id, ask, onWrongFields) {
    this.state.set({ notice: "" });
    try {
      return await ask();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (onWrongFields && error instanceof Refusal && error.errors.length)
        onWrongFields(error.errors, message);
      else this.state.set({ notice: texts.refused(what, 1, 1, message) });
      return null;
    } finally {
      this.onAsked(id);
    }
  }
}
