/**
 * What is asked of one run in turn: requests that are under way at once may arrive in any order, and
 * what was wanted last must hold in the end.
 * @module
 */

export class Turns {
  /** @type {Map<string, Promise<unknown>>} The last that was asked of each run, until it is answered. */
  #last = new Map();

  /**
   * @template T
   * @param {string} id of the run
   * @param {() => Promise<T>} ask called once all that was asked of it before is answered, or refused
   * @returns {Promise<T>}
   */
  take(id, ask) {
    const turn = (this.#last.get(id) ?? Promise.resolve()).then(ask, ask);
    this.#last.set(id, turn);
    const over = () => {
      if (this.#last.get(id) === turn) this.#last.delete(id);
    };
    turn.then(over, over);
    return turn;
  }
}
