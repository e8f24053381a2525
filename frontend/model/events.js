/**
 * What happened to runs: of which the page has to ask anew, and what was changed. Knows no DOM.
 * @module
 */

/** @typedef {import("../wire/api.js").Run} Run */

/**
 * Something that happened to a run between two iterations.
 * @typedef {object} Event
 * @property {number} iteration done by then: it takes effect from the iteration of this number on
 * @property {number} at Unix seconds
 * @property {string} kind `running`, `paused`, `changed`, `nonfinite`, `forked`, `differs`, ...
 * @property {string | null} reason
 * @property {Record<string, [unknown, unknown]> | null} changes of what was changed, what it was and is
 */

/** @typedef {{name: string, was: unknown, now: unknown}} Change */

/** Between two requests of all, */
const BETWEEN_MS = 250;

/** and of one run, which may be changed many times a second. */
const OF_ONE_MS = 1000;

/** Which runs' events are to be asked for next. */
export class Agenda {
  /** @type {Map<string, {as: string, at: number}>} How a run was when it was asked for last, and when. */
  #asked = new Map();
  #lastAt = -Infinity;

  /**
   * @param {Run[]} wanted in the order in which they matter
   * @param {number} now in ms
   * @returns {{run: Run | null, wait: number}} the next, if one is due; else the ms until then, which
   *   are endless where nothing is
   */
  next(wanted, now) {
    let wait = Infinity;
    for (const run of wanted) {
      const asked = this.#asked.get(run.id);
      if (asked?.as === mark(run)) continue;
      const due = Math.max(this.#lastAt + BETWEEN_MS, (asked?.at ?? -Infinity) + OF_ONE_MS);
      if (due <= now) return { run, wait: 0 };
      wait = Math.min(wait, due - now);
    }
    return { run: null, wait };
  }

  /** @param {Run} run that is asked for @param {number} now in ms */
  ask(run, now) {
    this.#asked.set(run.id, { as: mark(run), at: now });
    this.#lastAt = now;
  }

  /** @param {string} id a run to which something has happened that cannot be seen of it */
  doubt(id) {
    const asked = this.#asked.get(id);
    if (asked) this.#asked.set(id, { ...asked, as: "" });
  }

  /** All may have changed. */
  doubtAll() {
    for (const id of this.#asked.keys()) this.doubt(id);
  }

  /** @param {Set<string>} ids of the only runs that are wanted */
  keep(ids) {
    for (const id of this.#asked.keys()) if (!ids.has(id)) this.#asked.delete(id);
  }
}

/**
 * How a run is, but for its curve: where this is another, something has happened. One that rests may
 * have gone a step.
 * @param {Run} run
 */
function mark({ status, reason, iteration, spec }) {
  return JSON.stringify([status, reason, status === "running" ? 0 : iteration, spec]);
}

/**
 * @param {Event} event
 * @returns {Change[]} what it changed; a rule that took another's place is told by its name
 */
export function changesOf({ changes }) {
  return Object.entries(changes ?? {}).map(([name, [was, now]]) => {
    const rule = (/** @type {any} */ value) => value?.rule ?? value;
    return name === "update"
      ? { name: "rule", was: rule(was), now: rule(now) }
      : { name: name.replace("update.", ""), was, now };
  });
}
