/**
 * Which runs are picked: one, a range, or all of a group.
 * @module
 */

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */

export class Picking {
  /** The run that was picked or let go last, at which a range begins. */
  #from = "";

  /**
   * @param {State} state
   * @param {Listing} listing
   */
  constructor(state, listing) {
    this.state = state;
    this.listing = listing;
  }

  /**
   * @param {string} id
   * @param {boolean} isPicked
   * @param {boolean} isRange whether all are meant from the one before up to it
   */
  pick(id, isPicked, isRange) {
    const [from, to] = [this.#from, id].map((key) => this.listing.positionOf(key));
    this.#from = id;
    if (!isRange || from === undefined || to === undefined || from < 0 || to < 0) {
      this.pickAll([id], isPicked);
      return;
    }
    const span = this.listing.items.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.pickAll(span.flatMap(({ run }) => run?.id ?? []), isPicked);
  }

  /** @param {string[]} ids @param {boolean} isPicked */
  pickAll(ids, isPicked) {
    const picked = new Set(this.state.selected);
    for (const id of ids) {
      if (isPicked) picked.add(id);
      else picked.delete(id);
    }
    this.state.select(picked);
  }
}
