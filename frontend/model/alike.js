/**
 * How many runs are alike: of one title, or of one group. Looks only at what has changed since it last
 * looked. Knows no DOM.
 * @module
 */

import { fieldOf, keyOf } from "./groups.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */

/** Characters of an id that tell runs of one title apart, but for few; and but for one in millions. */
const SHORT_IDS = [4, 8];

/** @param {string} id @param {string} title @returns {string[]} what a run may be called, the shortest first */
const names = (id, title) => [title, ...SHORT_IDS.map((length) => `${title} · ${id.slice(0, length)}`)];

/** How many runs have a word. */
class Tally {
  /** @type {Map<string, number>} */
  #counts = new Map();
  /** @type {Map<string, string[]>} The words of each run, as they were counted. */
  #counted = new Map();
  /** @type {Set<string>} Runs that have come, changed or gone since. */
  #touched;
  #runs;
  #words;

  /**
   * @param {ReadonlyMap<string, Run>} runs
   * @param {(run: Run) => string[]} words
   */
  constructor(runs, words) {
    this.#runs = runs;
    this.#words = words;
    this.#touched = new Set(runs.keys());
  }

  /** @param {string[]} ids of runs that have come, changed or gone */
  touch(ids) {
    for (const id of ids) this.#touched.add(id);
  }

  /** @param {string} word @returns {number} */
  of(word) {
    for (const id of this.#touched) {
      for (const old of this.#counted.get(id) ?? []) this.#add(old, -1);
      const run = this.#runs.get(id);
      const words = run ? this.#words(run) : [];
      for (const now of words) this.#add(now, 1);
      if (run) this.#counted.set(id, words);
      else this.#counted.delete(id);
    }
    this.#touched.clear();
    return this.#counts.get(word) ?? 0;
  }

  /** @param {string} word @param {number} change */
  #add(word, change) {
    const count = (this.#counts.get(word) ?? 0) + change;
    if (count) this.#counts.set(word, count);
    else this.#counts.delete(word);
  }
}

export class Alike {
  /** @type {Tally | null} */
  #titles = null;
  /** What the titles were told with. */
  #catalog;
  /** @type {Tally | null} */
  #groups = null;
  /** By what the runs of the groups are taken together. */
  #field = "";

  /** @param {State} state */
  constructor(state) {
    this.state = state;
    this.#catalog = state.catalog;
    state.subscribeRuns((ids) => {
      this.#titles?.touch(ids);
      this.#groups?.touch(ids);
    });
  }

  /** @param {Run} run @returns {string} its title; where others bear it too, with the beginning of its id */
  distinct(run) {
    const { state } = this;
    if (this.#catalog !== state.catalog) this.#titles = null;
    this.#catalog = state.catalog;
    const tally = (this.#titles ??= new Tally(state.runs, (one) => names(one.id, state.title(one))));
    const all = names(run.id, state.title(run));
    return all.find((name) => tally.of(name) <= 1) ?? all.at(-1) ?? "";
  }

  /** @param {string} key of a group @returns {number} how many runs are in it, shown or not */
  inGroup(key) {
    const field = fieldOf(key);
    if (field !== this.#field) this.#groups = null;
    this.#field = field;
    const tally = (this.#groups ??= new Tally(this.state.runs, (run) => [keyOf(run, field)]));
    return tally.of(key);
  }
}
