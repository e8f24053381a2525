/**
 * Each run's place on the palette: the first that no other run has. Knows no DOM.
 * @module
 */

export class Places {
  /** @type {Map<string, number>} */
  #of = new Map();
  /** @type {Set<number>} Places that are taken, */
  #taken = new Set();
  /** and below which there is none that is free. */
  #lowest = 0;

  /** @param {string} id @returns {number} its place; 0 where it has none */
  of(id) {
    return this.#of.get(id) ?? 0;
  }

  /** @param {string} id gives it the first place that is free */
  take(id) {
    while (this.#taken.has(this.#lowest)) this.#lowest++;
    this.#taken.add(this.#lowest);
    this.#of.set(id, this.#lowest);
  }

  /** @param {string} id gives its place back */
  leave(id) {
    const place = this.#of.get(id);
    if (place === undefined) return;
    this.#of.delete(id);
    this.#taken.delete(place);
    this.#lowest = Math.min(this.#lowest, place);
  }
}
