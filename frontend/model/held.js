/**
 * What a person has asked for and the server has not told yet: it is shown in place of what the server
 * told last, so that nothing jumps back while its word is on the way. Knows no DOM.
 * @module
 */

/** After an answer the socket must have told the same; then its word holds, whatever it is. */
const PATIENCE_MS = 1500;

/** @template T */
export class Held {
  #holds = false;
  /** @type {T | undefined} */
  #value;
  #until = Infinity;
  #now;

  /** @param {() => number} [now] in ms */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** @param {T} value that is asked for */
  ask(value) {
    this.#value = value;
    this.#holds = true;
    this.#until = Infinity;
  }

  /** The server has taken it. */
  taken() {
    this.#until = this.#now() + PATIENCE_MS;
  }

  /** It was refused, or is of no matter any more. */
  drop() {
    this.#holds = false;
  }

  /** @param {T} told by the server @returns {T} what is to be shown */
  shown(told) {
    if (this.#holds && this.#until < Infinity)
      this.#holds = !Object.is(this.#value, told) && this.#now() < this.#until;
    return this.#holds ? /** @type {T} */ (this.#value) : told;
  }
}
