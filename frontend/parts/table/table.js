/**
 * The table of runs: a window over rows of which there may be thousands. Only those that are seen are
 * in the document, and the one that has the focus.
 * @module
 */

import { make, setAttribute } from "../../dom.js";
import { hasEnded } from "../../model/states.js";
import { entries } from "../../model/subjects.js";
import { filter as filterTexts, table as texts } from "../../texts.js";
import { Colours } from "./colours.js";
import { columns, least, template, USUAL } from "./columns.js";
import { told as toldOf } from "./differing.js";
import { GroupRow } from "./group.js";
import { Head } from "./head.js";
import { keys } from "./keys.js";
import { RowMenu } from "./menu.js";
import { Picking } from "./picking.js";
import { RunRow } from "./row.js";
import { inOrder, Strip } from "./strip.js";
import { TagEditor } from "./tags.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/listing.js").Listing} Listing */
/** @typedef {import("../../model/listing.js").Item} Item */
/** @typedef {import("../../actions.js").Intent} Intent */
/** @typedef {import("../../actions.js").Detail} Detail */
/** @typedef {(intent: Intent, ids: string[], detail?: Detail) => void} OnIntent */

/**
 * What the rows have to do with.
 * @typedef {object} Desk
 * @property {State} state
 * @property {OnIntent} onIntent
 * @property {Picking} picking
 * @property {RowMenu} menu
 * @property {TagEditor} tags
 */

/** Rows stay where they are for that long after a hand has moved over them, */
const HAND_MS = 1500;
/** and after they have moved. */
const REST_MS = 1000;
/** Until it is seen whether they may move again. */
const LOOK_MS = 250;

export class Table {
  /** @type {Map<string, RunRow | GroupRow>} */
  #rows = new Map();
  #body = make("div", { role: "rowgroup", class: "rows" });
  #empty = make("p", { class: "empty", tabindex: "-1" }, texts.empty);
  #nothing;
  #scroller;
  #head;
  #strip;
  #desk;
  /** The columns that are there, as text. */
  #built = "";
  /** The row that the keyboard comes back to. */
  #current = "";
  #handAt = -Infinity;
  #movedAt = -Infinity;
  #version = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  /** @type {readonly import("../../model/fields.js").Field[] | null} */
  #differing = null;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {Listing} listing
   * @param {OnIntent} onIntent
   */
  constructor(element, state, listing, onIntent) {
    this.state = state;
    this.listing = listing;
    const tags = new TagEditor(state, onIntent);
    const colours = new Colours(state);
    const menu = new RowMenu(state, onIntent, tags, colours);
    this.#desk = { state, onIntent, picking: new Picking(state, listing), menu, tags };
    this.#head = new Head(state, listing);
    const clear = make("button", { type: "button", click: () => state.look({ filter: "" }) }, filterTexts.clear);
    const ways = state.view.follow ? [] : [clear];
    this.#nothing = make("div", { class: "empty nothing", tabindex: "-1" }, make("p", {}, filterTexts.nothing), ...ways);
    this.#scroller = make(
      "div",
      { role: "table", "aria-label": texts.label, class: "sheet" },
      this.#head.element,
      this.#body,
    );
    this.#strip = new Strip(this.#scroller, this.#body, () => this.#draw());
    element.append(this.#empty, this.#nothing, this.#scroller, menu.panel, tags.panel, colours.panel);
    this.#listen();
  }

  render() {
    const { state, listing } = this;
    const now = performance.now();
    listing.update(now - this.#handAt < HAND_MS || now - this.#movedAt < REST_MS);
    clearTimeout(this.#later);
    if (listing.isBehind) this.#later = setTimeout(() => this.render(), LOOK_MS);
    const hasMoved = listing.version !== this.#version;
    this.#version = listing.version;
    if (hasMoved) this.#movedAt = now;
    this.#differing = toldOf(state, listing);
    this.#fitColumns();
    this.#head.render();
    this.#empty.hidden = state.runs.size > 0;
    this.#nothing.hidden = !state.runs.size || listing.items.length > 0;
    this.#scroller.hidden = !listing.items.length;
    // Of runs that have ended there are few buttons: what they leave is for the names.
    this.#scroller.classList.toggle("ended", listing.runs.every(hasEnded));
    setAttribute(this.#scroller, "aria-rowcount", String(listing.items.length + 1));
    this.#strip.measure(listing.items, state.view.sort === "" && hasMoved);
    this.#draw();
  }

  /**
   * Go to a row, wherever it is.
   * @param {number} position
   * @param {string} [control] what in it gets the focus; else the row itself
   * @param {ScrollLogicalPosition | null} [block] where in the window it is then; null scrolls the page nowhere
   */
  focus(position, control, block = "nearest") {
    const item = this.listing.items[position];
    if (!item) return;
    this.#strip.reveal(position);
    this.#current = item.key;
    this.#draw();
    const row = this.#rows.get(item.key)?.element;
    const wanted = control ? row?.querySelector(`${control}:not([hidden])`) : null;
    /** @type {HTMLElement | null | undefined} */ (wanted ?? row)?.focus({ preventScroll: true });
    if (block) row?.scrollIntoView({ block });
  }

  /**
   * Go back to the row of a run.
   * @param {string} id
   * @param {boolean} isFar whether the page scrolls to it
   * @returns {boolean} whether there is one
   */
  back(id, isFar) {
    const position = this.listing.positionOf(id);
    if (position < 0) return false;
    this.focus(position, undefined, isFar ? "center" : null);
    return true;
  }

  /** What changes the tags of runs. */
  get tags() {
    return this.#desk.tags;
  }

  #listen() {
    const hand = () => (this.#handAt = performance.now());
    for (const event of ["pointermove", "pointerdown", "keydown"])
      this.#body.addEventListener(event, hand, { passive: true });
    this.#body.addEventListener("focusin", ({ target }) => {
      this.#current = keyOf(target) ?? this.#current;
    });
    keys(this.#body, this.#desk, this.listing, {
      focus: (position, control) => this.focus(position, control),
      rename: (key) => {
        const row = this.#rows.get(key);
        if (row instanceof RunRow) row.rename();
      },
    });
    this.#desk.menu.onRename = (id) => {
      this.focus(this.listing.positionOf(id));
      const row = this.#rows.get(id);
      if (row instanceof RunRow) row.rename();
    };
  }

  /** Build the head anew where the columns have changed; the rows follow. */
  #fitColumns() {
    const told = this.#differing && new Set(this.#differing.map(({ name }) => name));
    const wanted = columns(this.state, told);
    const built = JSON.stringify(wanted);
    if (built === this.#built) return;
    this.#built = built;
    this.#head.build(wanted);
    for (const { element } of this.#rows.values()) element.remove();
    this.#rows.clear();
    this.columns = wanted;
    const { style } = this.#scroller;
    style.setProperty("--columns", template(wanted));
    style.setProperty("--least", least(wanted));
    const more = wanted.filter(({ field, name }) => field && !USUAL.includes(name));
    style.setProperty("--more", String(more.length));
  }

  /** Fit the rows that are in the document to those that are seen. */
  #draw() {
    const { items } = this.listing;
    const places = this.#groupPlaces();
    const [first, last] = this.#strip.seen();
    const positions = new Set(Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i));
    const focused = keyOf(document.activeElement);
    const held = focused === undefined ? -1 : this.listing.positionOf(focused);
    if (held >= 0) positions.add(held);
    const drawn = [...positions].sort((a, b) => a - b);
    const wanted = new Set(drawn.map((position) => items[position]?.key));
    const left = this.#removeAllBut(wanted);
    const current = wanted.has(this.#current) ? this.#current : items[drawn[0] ?? 0]?.key;
    const elements = drawn.flatMap((position) => {
      const item = items[position];
      if (!item) return [];
      const { element } = this.#fill(item, places);
      setAttribute(element, "aria-rowindex", String(position + 2));
      setAttribute(element, "tabindex", item.key === current ? "0" : "-1");
      this.#strip.place(element, position);
      return [element];
    });
    inOrder(this.#body, elements);
    if (left !== null) this.#focusNear(left);
  }

  /** @returns {Map<string, number>} the place on the palette of each group that is drawn */
  #groupPlaces() {
    const drawn = this.state.view.group ? entries(this.state) : [];
    return new Map(drawn.map(({ key, place }) => [key, place]));
  }

  /** @param {Item} item @param {Map<string, number>} places @returns {RunRow | GroupRow} its row, as it is now */
  #fill({ key, run, group }, places) {
    let row = this.#rows.get(key);
    if (run) {
      if (!(row instanceof RunRow)) row = new RunRow(run, this.columns ?? [], this.#desk);
      row.render(this.#differing);
    } else {
      if (!(row instanceof GroupRow)) row = new GroupRow(group, this.#desk);
      row.render(group, places.get(key));
    }
    this.#rows.set(key, row);
    return row;
  }

  /**
   * @param {Set<string | undefined>} wanted
   * @returns {number | null} where the row was that had the focus, if it is gone
   */
  #removeAllBut(wanted) {
    let left = null;
    for (const [key, { element }] of this.#rows) {
      if (wanted.has(key)) continue;
      if (element.contains(document.activeElement)) left = Number(element.getAttribute("aria-rowindex")) - 2;
      element.remove();
      this.#rows.delete(key);
    }
    return left;
  }

  /** @param {number} position where the focus was lost; the row that is there now gets it */
  #focusNear(position) {
    const last = this.listing.items.length - 1;
    if (last >= 0) this.focus(Math.min(position, last), "[data-intent='delete']");
    else if (this.#empty.hidden) (this.#nothing.querySelector("button") ?? this.#nothing).focus();
    else this.#empty.focus();
  }
}

/** @param {EventTarget | null} target @returns {string | undefined} the key of the row that it is in */
function keyOf(target) {
  const row = target instanceof Element ? target.closest("[data-run], [data-group]") : null;
  if (!(row instanceof HTMLElement) || !row.closest(".rows")) return undefined;
  return row.dataset["run"] ?? row.dataset["group"];
}
