/**
 * The tags of one run or of several: those that they have, each with a button that takes it away, and
 * a field for one more.
 * @module
 */

import { tags as texts } from "../../texts.js";
import { make } from "../dom.js";
import { icon } from "../icons.js";
import { Popover } from "../popover.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./table.js").OnIntent} OnIntent */

export class TagEditor {
  #popover = new Popover(texts.label, { class: "tag-editor" });
  #chips = make("div", { class: "chips" });
  #known = make("datalist", { id: "known-tags" });
  #input = make("input", {
    type: "text",
    list: "known-tags",
    maxlength: "50",
    "aria-label": texts.add,
    placeholder: texts.add,
    autocomplete: "off",
    autofocus: true,
    dir: "auto",
  });
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
    const add = (/** @type {Event} */ event) => {
      event.preventDefault();
      const tag = this.#input.value.trim();
      this.#input.value = "";
      this.#input.focus();
      if (tag) onIntent("tag", this.#ids, { add: [tag] });
    };
    const submit = make("button", { type: "submit" }, texts.addButton);
    this.panel.append(this.#chips, make("form", { submit: add }, this.#input, submit, this.#known));
    state.subscribe(() => this.#popover.isOpen && this.#render());
  }

  get panel() {
    return this.#popover.panel;
  }

  /**
   * @param {string[]} ids
   * @param {Element} anchor
   */
  open(ids, anchor) {
    this.#ids = ids;
    this.#drawn = "";
    this.#input.value = "";
    const known = new Set(this.state.listed().flatMap(({ spec }) => spec["tags"] ?? []));
    this.#known.replaceChildren(...[...known].sort().map((value) => make("option", { value })));
    this.#render();
    this.#popover.open(anchor);
  }

  #render() {
    const tags = new Set(this.#ids.flatMap((id) => this.state.runs.get(id)?.spec["tags"] ?? []));
    const drawn = JSON.stringify([...tags]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const hadFocus = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(...[...tags].map((tag) => this.#chip(tag)));
    if (hadFocus) this.#input.focus();
  }

  /** @param {string} tag */
  #chip(tag) {
    const click = () => this.onIntent("tag", this.#ids, { remove: [tag] });
    const label = texts.remove(tag);
    const remove = make("button", { type: "button", "aria-label": label, title: label, click }, icon("remove"));
    return make("span", { class: "chip" }, make("bdi", {}, tag), remove);
  }
}
