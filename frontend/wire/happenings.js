/**
 * Keeps the events of the runs that are shown, and of the one close up, in the state: asked for when
 * such a run is first seen, and again when it is seen that something has happened to it.
 * @module
 */

import { Agenda } from "../model/events.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/events.js").Event} Event */

export class Happenings {
  #agenda = new Agenda();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #wasCurrent = false;

  /**
   * @param {State} state
   * @param {(id: string) => Promise<{events: Event[]}>} get
   * @param {() => number} [now] in ms
   */
  constructor(state, get, now = () => performance.now()) {
    this.state = state;
    this.get = get;
    this.now = now;
  }

  /** Something of the state has changed: ask for what is due. */
  look() {
    const { state } = this;
    const { isCurrent } = state;
    if (isCurrent && !this.#wasCurrent) this.#agenda.doubtAll();
    this.#wasCurrent = isCurrent;
    clearTimeout(this.#timer);
    if (!isCurrent) return;
    const wanted = this.#wanted();
    const { run, wait } = this.#agenda.next(wanted, this.now());
    if (run) void this.#ask(run.id);
    else if (wait < Infinity) this.#timer = setTimeout(() => this.look(), wait);
  }

  /** @param {string} id a run to which something was done that may not be seen of it */
  doubt(id) {
    this.#agenda.doubt(id);
    this.look();
  }

  /** The run close up first, then the newest. */
  #wanted() {
    const { state } = this;
    const closeup = state.runs.get(state.view.run);
    const wanted = [...(closeup ? [closeup] : []), ...state.shown().reverse()];
    const ids = new Set(wanted.map((run) => run.id));
    this.#agenda.keep(ids);
    for (const id of state.events.keys()) if (!ids.has(id)) state.events.delete(id);
    return wanted;
  }

  /** @param {string} id */
  async #ask(id) {
    const { state } = this;
    const run = state.runs.get(id);
    if (!run) return;
    this.#agenda.ask(run, this.now());
    const answer = await this.get(id).catch(() => null);
    if (!answer) this.#agenda.doubt(id);
    const known = state.events.get(id);
    if (answer && state.runs.has(id) && JSON.stringify(answer.events) !== JSON.stringify(known)) {
      state.events.set(id, answer.events);
      state.changed();
    } else this.look();
  }
}
