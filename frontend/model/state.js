/**
 * All of the page's state, in one place. Parts read it and are told when it has changed; nothing
 * on the page is remembered anywhere else. Knows no DOM.
 * @module
 */

import { Trace } from "./traces.js";
import * as words from "./words.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/live.js").Connection} Connection */
/** @typedef {"overlay" | "grid"} Layout */
/** @typedef {"linear" | "log"} Scale */
/** @typedef {Partial<Run> & {id: string}} RunChange */

/** Runs that are shown without being asked for: the newest. */
export const SHOWN_AT_FIRST = 64;

const LIVE = ["queued", "running"];
const RESTING = ["paused", "interrupted"];
const ENDED = ["finished", "stopped", "diverged", "failed"];

/** @param {Run} run @returns {boolean} whether it trains, or waits for its turn */
export const isLive = (run) => LIVE.includes(run.status);

/**
 * @param {Run} run
 * @returns {boolean} whether it goes on once it is asked to: one that was interrupted when its server
 *   ended does so from its last checkpoint
 */
export const canResume = (run) => RESTING.includes(run.status);

/** @param {Run} run @returns {boolean} whether it is over for good */
export const hasEnded = (run) => ENDED.includes(run.status);

/** @param {Run} run @returns {boolean} whether it does not train, and nobody has paused it to go on */
const hasCeased = (run) => hasEnded(run) || run.status === "interrupted";

/**
 * What a person has zoomed to on one chart.
 * @typedef {object} Zoom
 * @property {[number, number] | null} x iterations; null where only the height is zoomed
 * @property {[number, number] | null} y as the axis counts them, which a logarithmic one does in powers of ten
 * @property {Scale} scale of the axis that `y` is for
 * @property {string[]} runs those on the chart: once none of them is left, there is nothing to look at
 */

/**
 * A change of what is seen of a chart: null shows all, undefined leaves it as it is.
 * @typedef {{x?: [number, number] | null | undefined, y?: [number, number] | null | undefined}} View
 */

/** The chart with all runs; the chart of one bears its id. */
export const OVERLAY = "overlay";

export class State {
  /** @type {Catalog | null} */
  catalog = null;
  /** @type {Connection} */
  connection = "connecting";
  /** @type {string | null} Why the server cannot store its runs now. */
  storeProblem = null;
  /** Server's clock minus ours, in seconds. */
  clockOffset = 0;
  /** @type {Map<string, Run>} */
  runs = new Map();
  /** @type {Map<string, Trace>} The runs that are shown, with what the page has of them. */
  traces = new Map();
  /** @type {Map<string, number>} Each run's place on the palette. */
  colours = new Map();
  /** @type {Map<string, Zoom>} By chart. */
  zooms = new Map();
  /** @type {Layout} */
  layout = "overlay";
  /** @type {Scale} */
  scale = "log";
  /** How far the step button goes. */
  stepSize = 1;
  /** What went wrong last, for the person to read. */
  notice = "";

  /** @type {Run[] | null} All runs, newest first; null where some have come or gone since. */
  #listed = null;
  /** @type {Set<number>} Places on the palette that are taken, */
  #taken = new Set();
  /** and below which there is none that is free. */
  #lowest = 0;
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

  /** @param {Partial<Pick<State, "catalog" | "connection" | "storeProblem" | "layout" | "scale" | "stepSize" | "notice">>} fields */
  set(fields) {
    Object.assign(this, fields);
    this.changed();
  }

  /** @returns {Run[]} newest first */
  listed() {
    return (this.#listed ??= [...this.runs.values()].sort((a, b) => b.created_at - a.created_at));
  }

  /**
   * Take in runs that are new or changed.
   * @param {RunChange[]} changes
   * @param {boolean} [whole] whether the list of runs is whole now: which are the newest to be shown
   *   is not to be told before
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
    if (fresh.length) this.#listed = null;
    if (whole) this.#decide();
    this.changed();
  }

  /** @param {Iterable<string>} ids runs that are no more */
  forget(ids) {
    for (const id of ids) {
      this.runs.delete(id);
      this.#hidden.delete(id);
      this.#leave(id);
      const place = this.colours.get(id);
      if (place === undefined) continue;
      this.colours.delete(id);
      this.#taken.delete(place);
      this.#lowest = Math.min(this.#lowest, place);
    }
    this.#listed = null;
    this.changed();
  }

  /** @param {string} id */
  show(id) {
    this.#hidden.delete(id);
    if (this.runs.has(id) && !this.traces.has(id)) this.traces.set(id, new Trace());
    this.changed();
  }

  /** @param {string} id a run of which not all that the page has is true any more */
  rewind(id) {
    if (this.traces.has(id)) this.traces.set(id, new Trace());
    this.changed();
  }

  /** @param {string} id */
  hide(id) {
    this.#hidden.add(id);
    this.#leave(id);
    this.changed();
  }

  /**
   * @param {string} chart
   * @param {View} view
   * @param {string[]} runs on that chart
   */
  zoom(chart, view, runs) {
    const before = this.zooms.get(chart);
    const height = before?.scale === this.scale ? before.y : null;
    const { x = before?.x ?? null, y = height } = view;
    if (x || y) this.zooms.set(chart, { x, y, scale: this.scale, runs });
    else this.zooms.delete(chart);
    this.changed();
  }

  /** Whether a chart that is seen is zoomed. */
  get isZoomed() {
    return [...this.zooms.keys()].some((chart) => this.#isSeen(chart));
  }

  /** Show all, on the charts that are seen. */
  showAll() {
    for (const chart of this.zooms.keys()) if (this.#isSeen(chart)) this.zooms.delete(chart);
    this.changed();
  }

  /** @param {string} chart */
  #isSeen(chart) {
    return (chart === OVERLAY) === (this.layout === "overlay");
  }

  /** @returns {Run[]} the runs that are shown, oldest first */
  shown() {
    return [...this.traces.keys()]
      .flatMap((id) => this.runs.get(id) ?? [])
      .sort((a, b) => a.created_at - b.created_at);
  }

  /** @param {Run} run @returns {string} what it does */
  choices(run) {
    return words.choices(run, this.catalog);
  }

  /** @param {Run} run @returns {string} what it is called, or else what it does */
  title(run) {
    return words.title(run, this.catalog);
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

  /** Show the newest of the runs that have come, in place of older ones that have come to their end. */
  #decide() {
    const newest = this.#undecided
      .splice(0)
      .filter((id) => this.runs.has(id) && !this.#hidden.has(id))
      .sort((a, b) => this.#createdAt(b) - this.#createdAt(a))
      .slice(0, SHOWN_AT_FIRST);
    for (const id of newest) if (this.#makeRoom(id)) this.traces.set(id, new Trace());
  }

  /** @param {string} id a new run @returns {boolean} whether it can be shown beside the others */
  #makeRoom(id) {
    if (this.traces.size < SHOWN_AT_FIRST) return true;
    const older = (/** @type {Run} */ run) => run.created_at < this.#createdAt(id);
    const old = this.shown().find((run) => hasCeased(run) && older(run));
    if (old) this.#leave(old.id);
    return Boolean(old);
  }

  /** @param {string} id a run that is shown no longer */
  #leave(id) {
    this.traces.delete(id);
    for (const [chart, { runs }] of this.zooms) {
      if (!runs.some((run) => this.traces.has(run))) this.zooms.delete(chart);
    }
  }

  /** @param {string} id gives it the first place that no other run has */
  #colour(id) {
    while (this.#taken.has(this.#lowest)) this.#lowest++;
    this.#taken.add(this.#lowest);
    this.colours.set(id, this.#lowest);
  }
}
