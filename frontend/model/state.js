/**
 * All of the page's state, in one place. Parts read it and are told when it has changed; nothing
 * on the page is remembered anywhere else. Knows no DOM.
 * @module
 */

import { notice as texts } from "../texts.js";
import { Alike } from "./alike.js";
import { Places } from "./places.js";
import { fitting, joined, roomFor } from "./shown.js";
import { runsOn } from "./subjects.js";
import * as views from "./view.js";
import { Watched } from "./watched.js";
import * as words from "./words.js";
import { isSeen, upright, zoomed, Zoomed, zoomOf } from "./zooms.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/live.js").Connection} Connection */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("./events.js").Event} Event */
/** @typedef {import("./view.js").Zoom} Zoom */
/** @typedef {Partial<Run> & {id: string}} RunChange */

export class State {
  /** @type {Catalog | null} */
  catalog = null;
  /** @type {Connection} */
  connection = "connecting";
  /** Whether the list of runs is whole, as the server has it on this connection. */
  isCurrent = false;
  /** @type {string | null} Why the server cannot store its runs now. */
  storeProblem = null;
  /** Server's clock minus ours, in seconds. */
  clockOffset = 0;
  /** @type {Map<string, Run>} */
  runs = new Map();
  /** @type {Map<string, Event[]>} What happened to the runs that are shown, and to the one close up. */
  events = new Map();
  /** @type {Set<string>} Runs that are on the charts. */
  shownIds = new Set();
  /** @type {View} What is seen, and how. Changed by `look` alone. */
  view = views.initial();
  /** @type {Set<string>} Runs that a person has picked in the table, to ask something of them together. */
  selected = new Set();
  /** @type {ReadonlySet<string>} Keys of the groups whose runs are folded away in the table. */
  folded = new Set();
  /** How far the step button goes. */
  stepSize = 1;
  /** What went wrong last, for the person to read. */
  notice = "";
  /** @type {import("./presentation.js").Presentation | null} What this page shows to others. */
  presentation = null;
  /** @type {{live: boolean, followers: number} | null} How it stands with what this page follows. */
  followed = null;

  /** Whether the server lets this page do more than look. */
  mayWrite;

  /** @type {Run[] | null} All runs, newest first; null where some have come or gone since. */
  #listed = null;
  #places = new Places();
  #watched = new Watched(this.runs);
  /** @type {string[]} New runs of which it is not decided yet whether they are shown. */
  #undecided = [];
  /** Whether the list of runs has been whole once: before, an address may name runs to come. */
  #listedOnce = false;
  #zoomed = new Zoomed();
  /** @type {(() => void)[]} */
  #listeners = [];
  /** @type {((ids: string[]) => void)[]} */
  #runListeners = [];
  /** @type {(() => void)[]} */
  #watchers = [];
  #alike = new Alike(this);

  /** @param {{mayWrite?: boolean}} [session] what the server lets this page do */
  constructor({ mayWrite = true } = {}) {
    this.mayWrite = mayWrite;
  }

  /** @param {() => void} listener called at each change */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /** @param {(ids: string[]) => void} listener called with the runs that have come, changed or gone */
  subscribeRuns(listener) {
    this.#runListeners.push(listener);
  }

  changed() {
    for (const listener of this.#listeners) listener();
  }

  /** @param {Partial<Pick<State, "catalog" | "connection" | "storeProblem" | "isCurrent" | "stepSize" | "notice" | "presentation" | "followed">>} fields */
  set(fields) {
    Object.assign(this, fields);
    if (fields.catalog && this.#listedOnce) this.#fit(); // it says how many runs can be watched
    this.changed();
  }

  /**
   * Change what is seen, or how.
   * @param {Partial<View>} changes
   */
  look(changes) {
    const before = this.view;
    this.view = { ...before, ...changes };
    if (changes.x && changes.x !== before.x && !changes.zooms) {
      this.view.zooms = upright(this.view.zooms);
    }
    if (this.#listedOnce) this.#fit();
    this.changed();
  }

  /** @param {() => void} watcher called where something else is pointed at */
  watch(watcher) {
    this.#watchers.push(watcher);
  }

  /** @param {number | null} at the place on the axis across that is pointed at: too often for all to be told */
  point(at) {
    if (at === this.view.at) return;
    this.view.at = at;
    for (const watcher of this.#watchers) watcher();
  }

  /** Whether what is seen here is chosen elsewhere. */
  get isLed() {
    return this.view.embed || this.view.follow !== "";
  }

  /** Whether this page only looks: nothing on it starts, steers or deletes. */
  get readOnly() {
    return this.isLed || !this.mayWrite;
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
    for (const listener of this.#runListeners) listener(changes.map(({ id }) => id));
    for (const id of fresh.sort((a, b) => this.#createdAt(a) - this.#createdAt(b))) this.#places.take(id);
    this.#undecided.push(...fresh);
    if (fresh.length) this.#listed = null;
    if (whole) this.#decide();
    this.changed();
  }

  /** @param {Iterable<string>} ids runs that are no more */
  forget(ids) {
    const gone = new Set(ids);
    for (const listener of this.#runListeners) listener([...gone]);
    this.#complete();
    this.view = views.without(this.view, gone);
    for (const id of gone) {
      this.runs.delete(id);
      this.selected.delete(id);
      this.events.delete(id);
      this.shownIds.delete(id);
      this.#places.leave(id);
    }
    this.#listed = null;
    this.#fit();
    this.changed();
  }

  /** @param {Iterable<string>} ids runs to be on the charts, beside those that are */
  show(ids) {
    this.#showJust([...this.shownIds, ...ids]);
  }

  /** @param {Iterable<string>} ids runs to be on the charts no longer */
  hide(ids) {
    const hidden = new Set(ids);
    this.#showJust([...this.shownIds].filter((id) => !hidden.has(id)));
  }

  /** @param {Iterable<string>} ids the only runs to be on the charts, beside those to come */
  solo(ids) {
    this.#showJust([...ids]);
  }

  /** @param {Iterable<string>} ids runs that are picked, and no others */
  select(ids) {
    this.selected = new Set(ids);
    this.changed();
  }

  /** @param {Iterable<string>} keys of groups @param {boolean} away whether their runs are folded away */
  fold(keys, away) {
    const folded = new Set(this.folded);
    for (const key of keys) {
      if (away) folded.add(key);
      else folded.delete(key);
    }
    this.folded = folded;
    this.changed();
  }

  /** @param {string} id a run of which not all that the page has is true any more */
  rewind(id) {
    this.#watched.rewind(id);
    this.changed();
  }

  /**
   * Zoom a chart, and along the axis across all that are beside it.
   * @param {string} chart
   * @param {{x?: Zoom["x"] | undefined, y?: Zoom["y"] | undefined}} change what is left out stays; null shows all
   */
  zoom(chart, change) {
    const { zooms, changed } = zoomed(this.view.zooms, chart, change);
    this.#zoomed.anew(changed);
    this.look({ zooms });
  }

  /** @param {string} chart @returns {Zoom} what is seen of it */
  zoomOf(chart) {
    return zoomOf(this.view.zooms, chart);
  }

  /** Whether a chart that is seen is zoomed. */
  get isZoomed() {
    return Object.keys(this.view.zooms).some((chart) => isSeen(this.view, chart));
  }

  /** Show all, on the charts that are seen. */
  showAll() {
    const kept = Object.entries(this.view.zooms).filter(([chart]) => !isSeen(this.view, chart));
    this.look({ zooms: Object.fromEntries(kept) });
  }

  /** @returns {Run[]} the runs that are on the charts, oldest first */
  shown() {
    return [...this.shownIds]
      .flatMap((id) => this.runs.get(id) ?? [])
      .sort((a, b) => a.created_at - b.created_at);
  }

  /** @param {string} id @returns {number} its place on the palette */
  placeOf(id) {
    return this.view.colours[id] ?? this.#places.of(id);
  }

  /** @param {Run} run @returns {string} what it does */
  choices(run) {
    return words.choices(run, this.catalog);
  }

  /** @param {Run} run @returns {string} what it is called, or else what it does */
  title(run) {
    return words.title(run, this.catalog);
  }

  /** @param {Run} run @returns {string} its title, by which no other run of the list is meant */
  distinct(run) {
    return this.#alike.distinct(run);
  }

  /** @param {string} key of a group @returns {number} how many runs of the list are in it */
  inGroup(key) {
    return this.#alike.inGroup(key);
  }

  /** What the page has of the losses of the runs that it watches, by id. */
  get traces() {
    return this.#watched.traces;
  }

  /** What was measured of the run close up, beside its losses; null for none. */
  get rows() {
    return this.#watched.rows;
  }

  /** @returns {Record<string, number>} the watched runs, each with the next iteration wanted */
  cursors() {
    return this.#watched.cursors();
  }

  /** The run whose diagnostics the socket is asked for; empty for none. */
  get measured() {
    return this.#watched.measured;
  }

  /** Whether the list of runs has been whole once: before, runs that an address names may yet come. */
  get isListed() {
    return this.#listedOnce;
  }

  /** @returns {number | null} seconds since the newest loss of a running run was produced */
  age() {
    const at = this.#watched.producedAt();
    return at ? Math.max(0, Date.now() / 1000 + this.clockOffset - at) : null;
  }

  /** @param {string} id */
  #createdAt(id) {
    return this.runs.get(id)?.created_at ?? 0;
  }

  /** @param {string[]} ids */
  #showJust(ids) {
    this.look({ runs: [...new Set(ids)] });
  }

  /** The list of runs is whole: show those that are to be seen. */
  #decide() {
    const first = !this.#listedOnce;
    this.#listedOnce = true;
    const fresh = this.#undecided.splice(0).flatMap((id) => this.runs.get(id) ?? []);
    // What somebody else has chosen stays as it is.
    if (this.view.runs === null || !(first || this.isLed)) this.#showNew(fresh);
    this.#fit();
  }

  /** @param {Run[]} fresh runs that have come */
  #showNew(fresh) {
    const shown = joined(this.shown(), fresh, roomFor(this.catalog)).map(({ id }) => id);
    const { runs } = this.view;
    const now = new Set(shown);
    // Those that are chosen and cannot be watched before the catalog is there stay chosen.
    const kept = runs?.filter((id) => now.has(id) || (this.runs.has(id) && !this.shownIds.has(id))) ?? [];
    if (runs && fresh.some(({ id }) => now.has(id))) this.view = { ...this.view, runs: [...new Set([...kept, ...shown])] };
    this.shownIds = now;
  }

  /** Show and watch the runs that the view asks for, and no others. */
  #fit() {
    this.#complete();
    this.#showChosen();
    const { pair, run } = this.view;
    const beside = [...pair, run].filter((id) => this.runs.has(id));
    this.#watched.fit(new Set([...this.shownIds, ...beside]), run);
    if (!this.#listedOnce || this.isLed) return;
    const zooms = this.#zoomed.left(this.view.zooms, (chart) => runsOn(this, chart));
    if (zooms !== this.view.zooms) this.view = { ...this.view, zooms };
  }

  /** Those that are chosen are on the charts; of more than can be watched the newest, which is said. */
  #showChosen() {
    const { runs } = this.view;
    if (!runs) return;
    const chosen = runs.flatMap((id) => this.runs.get(id) ?? []);
    const room = roomFor(this.catalog);
    const shown = fitting(chosen, room).map(({ id }) => id);
    this.shownIds = new Set(shown);
    if (shown.length === chosen.length || !this.catalog) return;
    this.view = { ...this.view, runs: shown };
    this.notice = texts.tooMany(room, chosen.length);
  }

  /** Addresses shorten ids, and may name runs that are only told of later. */
  #complete() {
    const { runs, pair, run, colours } = this.view;
    const named = [...(runs ?? []), ...pair, ...(run ? [run] : []), ...Object.keys(colours)];
    if (named.every((id) => this.runs.has(id))) return;
    const ids = [...this.runs.keys()];
    const whole = (/** @type {string} */ short) =>
      this.runs.has(short) ? short : (ids.find((id) => id.startsWith(short)) ?? short);
    this.view = views.withIds(this.view, whole);
  }
}
