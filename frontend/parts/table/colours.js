/**
 * The palette, to choose a curve's colour from.
 * @module
 */

import { style } from "../../draw/palette.js";
import { colours as texts } from "../../texts.js";
import { make } from "../dom.js";
import { swatch } from "../icons.js";
import { Popover } from "../popover.js";

/** @typedef {import("../../model/state.js").State} State */

/** How many places there are until a style comes again. */
const PLACES = (() => {
  const first = JSON.stringify(style(0));
  let place = 1;
  while (JSON.stringify(style(place)) !== first) place++;
  return place;
})();

export class Colours {
  #popover = new Popover(texts.label, { class: "palette" });

  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  get panel() {
    return this.#popover.panel;
  }

  /** @param {string} id of the run @param {Element} anchor */
  open(id, anchor) {
    const now = this.state.placeOf(id) % PLACES;
    const choices = Array.from({ length: PLACES }, (_, place) => {
      const { colour, dash } = style(place);
      const label = texts.named(colour, dash);
      const attributes = { "aria-label": label, title: label, "aria-checked": String(place === now) };
      const click = () => this.#choose({ ...this.state.view.colours, [id]: place });
      return make("button", { type: "button", role: "radio", ...attributes, click }, swatch({ colour, dash }));
    });
    const { [id]: _, ...others } = this.state.view.colours;
    const usual = make("button", { type: "button", class: "usual", click: () => this.#choose(others) }, texts.usual);
    const palette = make("div", { role: "radiogroup", "aria-label": texts.label }, ...choices);
    this.panel.replaceChildren(palette, usual);
    this.#popover.open(anchor);
  }

  /** @param {Record<string, number>} colours */
  #choose(colours) {
    this.state.look({ colours });
    this.#popover.close();
  }
}
