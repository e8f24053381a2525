/**
 * The runs of the table: which pass its filter, in what order, and taken together by what. Looks only
 * at what has changed since it last looked. Knows no DOM.
 * @module
 */

import { filter } from "./filter.js";
import { groups } from "./groups.js";
import { Order } from "./sorting.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("./filter.js").Filter} Filter */
/** @typedef {import("./groups.js").Group} Group */
/** @typedef {import("./state.js").State} State */

/**
 * A row: a run, or what heads those of a group.
 * @typedef {{key: string, run: Run, group: null} | {key: string, run: null, group: Group}} Item
 */

export class Listing {
  /** @type {Run[]} Those that pass the filter, in order. */
  runs = [];
  /** @type {Item[]} What the table has in its rows; runs of a group that is folded are in none. */
  items = [];
  /** Goes up whenever items have come, gone or moved. */
  version = 0;
  /** Whether runs have changed that may have to move, and were left where they are. */
  isBehind = false;

  /** @type {Set<string>} Runs that have come, changed or gone since. */
  #touched = new Set();
  /** @type {Set<string>} Runs that have been looked at, */
  #seen = new Set();
  /** @type {Set<string>} and of them those that pass the filter. */
  #passing = new Set();
  /** @type {Map<string, number> | null} */
  #positions = null;
  /** @type {unknown[]} What the order was made by, */
  #asked = [];
  /** @type {unknown[]} and the groups. */
  #grouped = [];
  /** @type {Filter} */
  #filter = { passes: () => true, problems: [] };
  #order;

  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.#order = new Order("", (run) => state.title(run));
    state.subscribeRuns((ids) => {
      for (const id of ids) this.#touched.add(id);
    });
  }

  /** @returns {string[]} what makes no sense of the filter */
  get problems() {
    return this.#filter.problems;
  }

  /** @param {string} key of an item @returns {number} where it is; -1 where it is not */
  positionOf(key) {
    this.#positions ??= new Map(this.items.map((item, position) => [item.key, position]));
    return this.#positions.get(key) ?? -1;
  }

  /**
   * @param {string} id of a run
   * @param {-1 | 1} way up or down
   * @returns {Run | undefined} the next one in the rows; of a run that is in none, the first or the last
   */
  beside(id, way) {
    const { items } = this;
    const row = this.positionOf(id);
    const here = row < 0 ? items.findIndex(({ group }) => group?.runs.some((run) => run.id === id)) : row;
    let there = here < 0 && way < 0 ? items.length - 1 : here + way;
    while (items[there]?.group) there += way;
    return items[there]?.run ?? undefined;
  }

  /**
   * Look at what has changed.
   * @param {boolean} [still] whether runs stay where they are, but for those that come and go
   */
  update(still = false) {
    const { catalog, view } = this.state;
    const asked = [view.filter, view.sort, catalog];
    const anew = asked.some((value, i) => value !== this.#asked[i]);
    if (anew) this.#begin(asked);
    const moved = anew || this.#follow(still);
    const grouped = [view.group, this.state.folded];
    if (!moved && grouped.every((value, i) => value === this.#grouped[i])) return;
    this.#grouped = grouped;
    this.items = view.group ? this.#inGroups(view.group) : this.runs.map(item);
    this.#positions = null;
    this.version++;
  }

  /** @param {unknown[]} asked another filter or order */
  #begin(asked) {
    const { state } = this;
    this.#asked = asked;
    this.#touched.clear();
    this.isBehind = false;
    this.#filter = filter(state.view.filter, state.catalog);
    this.#order = new Order(state.view.sort, (run) => state.title(run));
    this.runs = state.listed().filter(this.#filter.passes);
    if (state.view.sort) this.runs.sort(this.#order.compare);
    this.#passing = new Set(this.runs.map((run) => run.id));
    this.#seen = new Set(state.runs.keys());
  }

  /** @param {boolean} still @returns {boolean} whether runs have come, gone or moved */
  #follow(still) {
    const { runs } = this.state;
    const { filter, sort, group } = this.state.view;
    if (!filter && !sort && !group) {
      // The newest first: what changes of a run is no matter.
      for (const id of this.#touched) if (runs.has(id) && this.#seen.has(id)) this.#touched.delete(id);
    }
    const all = [...this.#touched];
    const due = still ? all.filter((id) => !runs.has(id) || !this.#seen.has(id)) : all;
    this.isBehind = due.length < all.length;
    for (const id of due) {
      this.#touched.delete(id);
      this.#order.forget(id);
      if (runs.has(id)) this.#seen.add(id);
      else this.#seen.delete(id);
    }
    const gone = new Set(due.filter((id) => this.#passing.has(id)));
    const come = due.flatMap((id) => runs.get(id) ?? []).filter(this.#filter.passes);
    if (!gone.size && !come.length) return false;
    const before = this.runs;
    const stayed = before.filter((run) => !gone.has(run.id));
    this.runs = merged(stayed, come.sort(this.#order.compare), this.#order.compare);
    for (const id of gone) this.#passing.delete(id);
    for (const { id } of come) this.#passing.add(id);
    const isSame = before.length === this.runs.length && before.every((run, i) => run === this.runs[i]);
    return !isSame || group !== "";
  }

  /** @param {string} field @returns {Item[]} */
  #inGroups(field) {
    return groups(this.runs, field).flatMap((group) => {
      const head = { key: group.key, run: null, group };
      return this.state.folded.has(group.key) ? [head] : [head, ...group.runs.map(item)];
    });
  }
}

/** @param {Run} run @returns {Item} */
const item = (run) => ({ key: run.id, run, group: null });

/**
 * @param {Run[]} a in order
 * @param {Run[]} b in order, and fewer
 * @param {(a: Run, b: Run) => number} compare
 * @returns {Run[]} both, in order
 */
function merged(a, b, compare) {
  if (!b.length) return a;
  /** @type {Run[]} */
  const all = [];
  let taken = 0;
  for (const run of a) {
    for (let other = b[taken]; other && compare(other, run) < 0; other = b[taken]) {
      all.push(other);
      taken++;
    }
    all.push(run);
  }
  return all.concat(b.slice(taken));
}
