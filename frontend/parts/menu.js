/**
 * A menu that opens at a button: arrow keys move in it, Escape and a click elsewhere close it.
 * @module
 */

import { make } from "../dom.js";
import { Popover } from "./popover.js";

/**
 * @typedef {object} Item
 * @property {string} text
 * @property {() => void} [act] what it does
 * @property {string} [href] or where it leads, as a download
 */

export class Menu {
  #popover;

  /** @param {string} label */
  constructor(label) {
    this.#popover = new Popover(label, { role: "menu", class: "menu" });
    this.panel.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get panel() {
    return this.#popover.panel;
  }

  /**
   * A button that opens and closes it.
   * @param {HTMLButtonElement} button
   * @param {() => Item[][]} items what is offered then, in groups
   */
  attach(button, items) {
    const fill = () => {
      this.panel.replaceChildren(...this.#groups(items()));
      // Where it is higher than the screen, some browsers let keys scroll it only so.
      this.panel.querySelector("[role='menuitem']")?.setAttribute("tabindex", "0");
    };
    this.#popover.attach(button, fill);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      fill();
      this.#popover.open(button);
    });
  }

  /** @param {Item[][]} all */
  #groups(all) {
    const shown = all.filter((group) => group.length);
    return shown.flatMap((group, i) => [
      ...(i ? [make("hr", { role: "separator" })] : []),
      ...group.map((item) => this.#item(item)),
    ]);
  }

  /** @param {Item} item */
  #item({ text, act, href }) {
    const click = (/** @type {Event} */ event) => {
      this.#popover.close();
      if (!act) return;
      event.preventDefault();
      act();
    };
    const attributes = { role: "menuitem", tabindex: "-1", click };
    if (href) return make("a", { ...attributes, href, download: "" }, text);
    return make("button", { ...attributes, type: "button" }, text);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const entries = /** @type {HTMLElement[]} */ ([...this.panel.querySelectorAll("[role='menuitem']")]);
    const here = entries.findIndex((entry) => entry === document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) entries.at(to % entries.length)?.focus();
    else if (event.key === "Tab") this.#popover.close();
    // A link is pressed by Enter alone, unless it is told.
    else if (event.key === " ") entries[here]?.click();
    if (to !== undefined || event.key === " ") event.preventDefault();
  }
}
