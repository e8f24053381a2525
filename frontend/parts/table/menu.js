/**
 * What else may be done with a run: the menu at the end of its row.
 * @module
 */

import { menu as texts } from "../../texts.js";
import { Menu } from "../menu.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./table.js").OnIntent} OnIntent */
/** @typedef {import("./row.js").RunRow} RunRow */

export class RowMenu {
  #menu = new Menu("");
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
  }

  get panel() {
    return this.#menu.panel;
  }

  /** @param {HTMLButtonElement} button @param {RunRow} row */
  attach(button, row) {
    this.#menu.attach(button, () => [this.#items(row.run.id, button)]);
  }

  /** @param {string} id @param {HTMLElement} button */
  #items(id, button) {
    const { state, onIntent } = this;
    const run = state.runs.get(id);
    this.panel.setAttribute("aria-label", run ? state.title(run) : "");
    return [
      { text: texts.open, act: () => state.look({ run: id }) },
      { text: texts.solo, act: () => onIntent("solo", [id]) },
      { text: texts.rename, act: () => this.onRename(id) },
      { text: texts.tags, act: () => this.tags.open([id], button) },
      { text: texts.colour, act: () => this.colours.open(id, button) },
      { text: texts.fork, act: () => onIntent("fork", [id]) },
      { text: texts.again, act: () => onIntent("again", [id]) },
      { text: texts.replay, act: () => onIntent("replay", [id]) },
    ];
  }
}
