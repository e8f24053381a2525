/**
 * All of the page's state, in one place. Parts read it and are told when it has changed; nothing
 * on the page is remembered anywhere else. Knows no DOM.
 * @module
 */

import { setting } from "../texts.js";
import { Trace } from "./traces.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/live.js").Connection} Connection */
/** @typedef {"overlay" | "grid"} Layout */
/** @typedef {"linear" | "log"} Scale */
/** @typedef {Partial<Run> & {id: string}} RunChange */

/** Runs that are shown without being asked for: the newest. */
export const SHOWN_AT_FIRST = 64;

const LIVE = ["queued", "running"];
const ENDED = ["finished", "stopped", "diverged", "failed", "interrupted"];

/** @param {Run} run @returns {boolean} whether it trains, or waits for its turn */
export const isLive = (run) => LIVE.includes(run.status);

/** @param {Run} run */
export const hasEnded = (run) => ENDED.includes(run.status);

/**
 * @param {Run} run
 * @returns {string} its ReLU, its rule and the rule's hyperparameters
 */
export function choices({ spec }) {
  const { rule, ...hyperparameters } = spec.update;
  const settings = Object.entries(hyperparameters).map(
    ([name, value]) => `${name} ${typeof value === "number" ? setting(value) : value}`,
  );
  return [spec["relu"], rule, ...settings].join(" · ");
}

/** @param {Run} run @returns {string} what it is called, or else what it does */
export const title = (run) => run.spec["name"] ?? choices(run);

export class State {
  /** @type {Catalog | null} */
  catalog = null;
  /** @type {Connection} */
  connection = "connecting";
  /** Server's clock minus ours, in seconds. */
  clockOffset = 0;
  /** @type {Map<string, Run>} */
  runs = new Map();
  /** @type {Map<string, Trace>} The runs that are shown, with what the page has of them. */
  traces = new Map();
  /** @type {Map<string, number>} Each run's place on the palette. */
  colours = new Map();
  /** @type {Layout} */
  layout = "overlay";
  /** @type {Scale} */
  scale = "log";
  /** How far the step button goes. */
  stepSize = 1;
  /** What went wrong last, for the person to read. */
  notice = "";

  /** @type {Set<string>} Runs that the person has hidden. */
  #hidden = new Set();
  /** @type {string[]} New runs of which it is not decided yet whether they are shown. */
  #undecided = [];
  /** @type {(() => void)[]} */
  #listeners = [];

  /** @param {() => void} listener called at each change */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** @param {Partial<Pick<State, "catalog" | "connection" | "layout" | "scale" | "stepSize" | "notice">>} fields */
  set(fields) {
    Object.assign(this, fields);
    this.changed();
  }

  /** @returns {Run[]} newest first */
  listed() {
    return [...this.runs.values()].sort((a, b) => b.created_at - a.created_at);
  }

  /**
   * Take in runs that are new or changed.
   * @param {RunChange[]} changes
   * @param {boolean} [whole] whether the list of runs is whole now: which are the newest to be shown
   *   is not to be told before
   * @returns {string[]} the runs that are shown from now on
   */
  merge(changes, whole = true) {
    /** @type {string[]} */
    const fresh = [];
    for (const change of changes) {
      const known = this.runs.get(change.id);
      if (known) Object.assign(known, change);
      else if (change.spec) {
        this.runs.set(change.id, /** @type {Run} */ (change));
        fresh.push(change.id);
      }
    }
    for (const id of fresh.sort((a, b) => this.#createdAt(a) - this.#createdAt(b))) this.#colour(id);
    this.#undecided.push(...fresh);
    const shown = whole ? this.#decide() : [];
    this.changed();
    return shown;
  }

  /** @param {string[]} ids runs that are no more */
  forget(ids) {
    for (const id of ids) {
      this.runs.delete(id);
      this.traces.delete(id);
      this.colours.delete(id);
      this.#hidden.delete(id);
    }
    this.changed();
  }

  /** @param {string} id */
  show(id) {
    this.#hidden.delete(id);
    if (this.runs.has(id) && !this.traces.has(id)) this.traces.set(id, new Trace());
    this.changed();
  }

  /** @param {string} id */
  hide(id) {
    this.#hidden.add(id);
    this.traces.delete(id);
    this.changed();
  }

  /** @returns {Run[]} the runs that are shown, oldest first */
  shown() {
    return this.listed()
      .filter((run) => this.traces.has(run.id))
      .reverse();
  }

  /** @returns {Record<string, number>} the shown runs, each with the next iteration wanted */
  cursors() {
    return Object.fromEntries([...this.traces].map(([id, trace]) => [id, trace.length]));
  }

  /** @returns {number | null} seconds since the newest loss of a running run was produced */
  age() {
    let newest = 0;
    for (const [id, trace] of this.traces) {
      if (this.runs.get(id)?.status === "running") newest = Math.max(newest, trace.producedAt);
    }
    return newest ? Math.max(0, Date.now() / 1000 + this.clockOffset - newest) : null;
  }

  /** @param {string} id */
  #createdAt(id) {
    return this.runs.get(id)?.created_at ?? 0;
  }

  /**
   * Show the newest of the runs that have come, in place of older ones that have ended.
   * @returns {string[]} those that are shown from now on
   */
  #decide() {
    const newest = this.#undecided
      .splice(0)
      .filter((id) => this.runs.has(id) && !this.#hidden.has(id))
      .sort((a, b) => this.#createdAt(b) - this.#createdAt(a))
      .slice(0, SHOWN_AT_FIRST);
    return newest.filter((id) => this.#makeRoom(id) && this.traces.set(id, new Trace()));
  }

  /** @param {string} id a new run @returns {boolean} whether it can be shown beside the others */
  #makeRoom(id) {
    if (this.traces.size < SHOWN_AT_FIRST) return true;
    const older = (/** @type {Run} */ run) => run.created_at < this.#createdAt(id);
    const old = this.shown().find((run) => hasEnded(run) && older(run));
    return Boolean(old && this.traces.delete(old.id));
  }

  /** @param {string} id gives it the first place that no other run has */
  #colour(id) {
    const taken = new Set(this.colours.values());
    let place = 0;
    while (taken.has(place)) place++;
    this.colours.set(id, place);
  }
}
