/**
 * What else may be done with a run: the menu at the end of its row.
 * @module
 */

import { menu as texts } from "../../texts.js";
import { make } from "../dom.js";
import { Popover } from "../popover.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./table.js").OnIntent} OnIntent */
/** @typedef {import("./row.js").RunRow} RunRow */

export class RowMenu {
  #popover = new Popover("", { role: "menu", class: "menu" });
  /** @type {(id: string) => void} */
  onRename = () => {};

  /**
   * @param {State} state
   * @param {OnIntent} onIntent
   * @param {import("./tags.js").TagEditor} tags
   * @param {import("./colours.js").Colours} colours
   */
  constructor(state, onIntent, tags, colours) {
    this.state = state;
    this.onIntent = onIntent;
    this.tags = tags;
    this.colours = colours;
    this.panel.addEventListener("keydown", (event) => this.#move(event));
  }

  get panel() {
    return this.#popover.panel;
  }

  /** @param {HTMLButtonElement} button @param {RunRow} row */
  attach(button, row) {
    this.#popover.attach(button, () => this.#fill(row.run.id, button));
  }

  /** @param {string} id @param {HTMLElement} button */
  #fill(id, button) {
    const { state, onIntent } = this;
    const run = state.runs.get(id);
    this.panel.setAttribute("aria-label", run ? state.title(run) : "");
    /** @type {[string, () => void][]} */
    const entries = [
      [texts.open, () => state.look({ run: id })],
      [texts.solo, () => onIntent("solo", [id])],
      [texts.rename, () => this.onRename(id)],
      [texts.tags, () => this.tags.open([id], button)],
      [texts.colour, () => this.colours.open(id, button)],
      [texts.fork, () => onIntent("fork", [id])],
      [texts.again, () => onIntent("again", [id])],
      [texts.replay, () => onIntent("replay", [id])],
    ];
    this.panel.replaceChildren(
      ...entries.map(([label, act]) => {
        const click = () => {
          this.#popover.close();
          act();
        };
        return make("button", { type: "button", role: "menuitem", tabindex: "-1", click }, label);
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const entries = [...this.panel.querySelectorAll("button")];
    const here = entries.findIndex((entry) => entry === document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.#popover.close();
    if (to === undefined) return;
    entries.at(to % entries.length)?.focus();
    event.preventDefault();
  }
}
