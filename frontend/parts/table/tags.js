/**
 * What opens at a button of the table to change the tags of one run or of several.
 * @module
 */

import { tags as texts } from "../../texts.js";
import { Popover } from "../popover.js";
import { Tagging } from "../tags.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./table.js").OnIntent} OnIntent */

export class TagEditor {
  #popover = new Popover(texts.label, { class: "tag-editor" });
  #tagging;
  /** @type {string[]} The runs that are meant. */
  #ids = [];

  /**
   * @param {State} state
   * @param {OnIntent} onIntent
   */
  constructor(state, onIntent) {
    this.#tagging = new Tagging(state, onIntent);
    this.panel.append(this.#tagging.element);
    state.subscribe(() => this.#popover.isOpen && this.#tagging.render(this.#ids));
  }

  get panel() {
    return this.#popover.panel;
  }

  /** @param {HTMLElement} button that opens it */
  announce(button) {
    this.#popover.announce(button);
  }

  /**
   * @param {string[]} ids
   * @param {Element} anchor
   */
  open(ids, anchor) {
    this.#ids = ids;
    this.#tagging.render(ids);
    this.#popover.open(anchor);
    this.#tagging.focus();
  }
}
