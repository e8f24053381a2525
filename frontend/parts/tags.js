/**
 * The tags of one run or of several: those that they have, each with a button that takes it away, and
 * a field for one more.
 * @module
 */

import { make } from "../dom.js";
import { tags as texts } from "../texts.js";
import { icon } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("./table/table.js").OnIntent} OnIntent */

let made = 0;

export class Tagging {
  #chips = make("ul", { class: "chips", "aria-label": texts.label });
  #known = make("datalist", { id: `known-tags-${++made}` });
  #input = make("input", {
    type: "text",
    list: this.#known.id,
    maxlength: "50",
    "aria-label": texts.add,
    placeholder: texts.add,
    autocomplete: "off",
    dir: "auto",
    focus: () => this.#offer(),
  });
  #form = make("form", {}, this.#input, make("button", { type: "submit" }, texts.addButton), this.#known);
  element = make("div", { class: "tagging" }, this.#chips, this.#form);
  /** @type {string[]} The runs that are meant. */
  #ids = [];
  #drawn = "";

  /**
   * @param {State} state
   * @param {OnIntent} onIntent
   */
  constructor(state, onIntent) {
    this.state = state;
    this.onIntent = onIntent;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const tag = this.#input.value.trim();
      this.#input.value = "";
      this.#input.focus();
      if (tag) onIntent("tag", this.#ids, { add: [tag] });
    });
  }

  /** @param {string[]} ids the runs that are meant now */
  render(ids) {
    const { runs, readOnly } = this.state;
    if (ids.join() !== this.#ids.join()) this.#input.value = "";
    this.#ids = ids;
    this.#form.hidden = readOnly;
    const tags = new Set(ids.flatMap((id) => runs.get(id)?.spec["tags"] ?? []));
    const drawn = JSON.stringify([ids, [...tags], readOnly]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const hadFocus = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...[...tags].map((tag) => this.#chip(tag)));
    if (hadFocus) this.#input.focus();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Offer the tags that there are. */
  #offer() {
    const known = new Set(this.state.listed().flatMap(({ spec }) => spec["tags"] ?? []));
    this.#known.replaceChildren(...[...known].sort().map((value) => make("option", { value })));
  }

  /** @param {string} tag */
  #chip(tag) {
    const ids = this.#ids;
    const click = () => this.onIntent("tag", ids, { remove: [tag] });
    const label = texts.remove(tag);
    const remove = make("button", { type: "button", "aria-label": label, title: label, click }, icon("remove"));
    return make("li", { class: "chip" }, make("bdi", {}, tag), ...(this.state.readOnly ? [] : [remove]));
  }
}
