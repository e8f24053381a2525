/**
 * One run's row. Built once; then only what has changed is set.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { style } from "../../draw/palette.js";
import { settings } from "../../model/words.js";
import { table as texts } from "../../texts.js";
import { icon, swatch } from "../icons.js";
import { rename } from "../rename.js";
import { ActionButton, BUTTONS } from "./buttons.js";
import { cell, fieldCell } from "./cells.js";

/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../model/fields.js").Field} Field */
/** @typedef {import("./columns.js").Column} Column */
/** @typedef {import("./table.js").Desk} Desk */

/** Chips that a row has room for at most; the others are counted. */
const CHIPS = 5;

/** Between the two clicks of a double click, in which the first does nothing yet. */
const DOUBLE_MS = 250;

/** In the palette's stead, where no curve is of one run alone. */
const GROUPED = -1;

export class RunRow {
  #place = NaN;
  #tags = "";
  #opening = 0;

  /**
   * @param {Run} run
   * @param {Column[]} columns
   * @param {Desk} desk
   */
  constructor(run, columns, desk) {
    this.run = run;
    this.desk = desk;
    const { id } = run;
    const ask = (/** @type {import("../../actions.js").Intent} */ intent) => desk.onIntent(intent, [id]);
    this.picked = make("input", { type: "checkbox", class: "picks", click: (event) => this.#pick(event) });
    this.shown = make("input", {
      type: "checkbox",
      title: texts.showing,
      click: (event) => {
        if (!(/** @type {MouseEvent} */ (event).altKey)) return;
        event.preventDefault();
        ask("solo");
      },
      change: () => ask(this.shown.checked ? "show" : "hide"),
    });
    this.swatch = make("label", { class: "swatch" }, this.shown);
    this.pin = make(
      "button",
      {
        type: "button",
        class: "pin",
        title: texts.pinning,
        click: () => ask(this.pin.getAttribute("aria-pressed") === "true" ? "unpin" : "pin"),
      },
      icon("pin"),
    );
    this.name = make("button", {
      type: "button",
      class: "name",
      dir: "auto",
      click: (event) => this.#open(/** @type {MouseEvent} */ (event).detail),
      dblclick: () => this.rename(),
    });
    this.tags = make("button", { type: "button", class: "tags", click: () => desk.tags.open([id], this.tags) });
    desk.tags.announce(this.tags);
    this.choices = make("p", { class: "choices", dir: "auto" });
    this.reason = make("p", { class: "reason", dir: "auto" });
    this.reasonCell = cell("why", this.reason);
    this.buttons = BUTTONS.map((choose) => new ActionButton(choose, ask));
    this.more = make(
      "button",
      { type: "button", class: "more", title: texts.moreShort },
      icon("more"),
    );
    desk.menu.attach(this.more, this);
    this.cells = columns.flatMap((column) => (column.field ? fieldCell(column) : []));
    this.element = make(
      "div",
      { role: "row", class: "row", "data-run": id, tabindex: "-1" },
      cell("pick", make("label", { class: "box" }, this.picked), this.swatch, this.pin),
      cell("run", make("div", { class: "title" }, this.name), make("div", { class: "more-of-it" }, this.choices, this.tags)),
      ...this.cells.map(({ element }) => element),
      ...(desk.state.readOnly ? [] : [cell("buttons", ...this.buttons.map(({ element }) => element), this.more)]),
      this.reasonCell,
    );
  }

  /** @param {readonly Field[] | null} differing the settings to tell; null for what is not as by default */
  render(differing) {
    const { desk } = this;
    const { state } = desk;
    const { run } = this;
    const title = state.title(run);
    setText(this.name, title);
    setAttribute(this.name, "title", title);
    const choices = differing ? settings(run, differing) : run.spec["name"] ? state.choices(run) : "";
    setText(this.choices, choices);
    setAttribute(this.choices, "title", choices);
    // Where there is no second line, the title may have it.
    this.element.classList.toggle("lone", choices === "");
    const reason = texts.reason(run.reason ?? "");
    setText(this.reason, reason);
    setAttribute(this.reason, "title", reason);
    this.reasonCell.hidden = !reason;
    this.element.classList.toggle("told", reason !== "");
    this.#renderPick(title);
    this.#renderTags(title);
    for (const { render } of this.cells) render(run, title, state);
    this.#renderButtons(title);
  }

  /** Change its name where it stands. */
  rename() {
    clearTimeout(this.#opening);
    if (this.desk.state.readOnly || this.name.hidden) return;
    rename(this.run, { ...this.desk, shown: this.name });
  }

  /** @param {string} title */
  #renderPick(title) {
    const { run, desk } = this;
    const { state } = desk;
    this.picked.checked = state.selected.has(run.id);
    setAttribute(this.picked, "aria-label", texts.pick(title));
    this.element.classList.toggle("picked", this.picked.checked);
    this.element.classList.toggle("open", state.view.run === run.id);
    this.shown.checked = state.shownIds.has(run.id);
    setAttribute(this.shown, "aria-label", texts.show(title));
    setAttribute(this.pin, "aria-label", texts.pin(title));
    setAttribute(this.pin, "aria-pressed", String(run.pinned));
    this.pin.hidden = state.readOnly;
    const place = state.view.group ? GROUPED : state.placeOf(run.id);
    if (place === this.#place) return;
    this.#place = place;
    this.swatch.classList.toggle("grouped", place === GROUPED);
    this.swatch.replaceChildren(this.shown, place === GROUPED ? icon("eye") : swatch(style(place)));
  }

  /** @param {string} title */
  #renderTags(title) {
    const { readOnly } = this.desk.state;
    /** @type {string[]} */
    const tags = this.run.spec["tags"] ?? [];
    setAttribute(this.tags, "aria-label", texts.tags(title, tags));
    this.tags.hidden = readOnly && !tags.length;
    this.tags.disabled = readOnly;
    const now = JSON.stringify([tags, readOnly]);
    if (now === this.#tags) return;
    this.#tags = now;
    const chips = tags.slice(0, CHIPS).map((tag) => make("bdi", { class: "chip" }, tag));
    const more = tags.length - chips.length;
    if (more) chips.push(make("bdi", { class: "chip count" }, texts.andTags(more)));
    if (!tags.length) chips.push(make("bdi", { class: "chip add" }, texts.addTag));
    setAttribute(this.tags, "title", tags.join(", "));
    this.tags.classList.toggle("untagged", !tags.length);
    this.tags.replaceChildren(...chips);
  }

  /** @param {string} title */
  #renderButtons(title) {
    const focused = this.buttons.find(({ element }) => element === document.activeElement);
    for (const button of this.buttons) button.render(this.run, title);
    setAttribute(this.more, "aria-label", texts.more(title));
    // Not the button to delete: who keeps pressing a key must not lose the run.
    if (focused?.element.hidden) this.shown.focus();
  }

  /** @param {Event} event */
  #pick(event) {
    this.desk.picking.pick(this.run.id, this.picked.checked, /** @type {MouseEvent} */ (event).shiftKey);
  }

  /** @param {number} clicks 0 for a key */
  #open(clicks) {
    clearTimeout(this.#opening);
    const open = () => this.desk.state.look({ run: this.run.id });
    if (clicks === 0 || this.desk.state.readOnly) open();
    else if (clicks === 1) this.#opening = window.setTimeout(open, DOUBLE_MS);
  }
}
