/**
 * The palette, to choose a curve's colour from: one stop of the keyboard, in which arrow keys go from
 * colour to colour and choose it, as of any radio buttons.
 * @module
 */

import { make, setAttribute } from "../../dom.js";
import { style } from "../../draw/palette.js";
import { colours as texts } from "../../texts.js";
import { swatch } from "../icons.js";
import { Popover } from "../popover.js";

/** @typedef {import("../../model/state.js").State} State */

/** How many places there are until a style comes again, */
const PLACES = period((place) => JSON.stringify(style(place)));
/** and until a colour does: so many stand in a row. */
const COLUMNS = period((place) => style(place).colour);

/** @param {(place: number) => string} told @returns {number} */
function period(told) {
  let place = 1;
  while (told(place) !== told(0)) place++;
  return place;
}

export class Colours {
  #popover = new Popover(texts.label, { class: "palette" });
  #radios = Array.from({ length: PLACES }, (_, place) => this.#radio(place));
  /** The run that is meant. */
  #id = "";

  /** @param {State} state */
  constructor(state) {
    this.state = state;
    const usual = make("button", { type: "button", class: "usual", click: () => this.#reset() }, texts.usual);
    const keydown = (/** @type {Event} */ event) => this.#pressed(/** @type {KeyboardEvent} */ (event));
    const palette = make("div", { role: "radiogroup", "aria-label": texts.label, keydown }, ...this.#radios);
    this.panel.append(palette, usual);
  }

  get panel() {
    return this.#popover.panel;
  }

  /** @param {string} id of the run @param {Element} anchor */
  open(id, anchor) {
    this.#id = id;
    this.#tell();
    this.#popover.open(anchor);
  }

  /** @param {number} place */
  #radio(place) {
    const { colour, dash } = style(place);
    const label = texts.named(colour, dash);
    const click = () => {
      this.#choose(place);
      this.#popover.close();
    };
    const attributes = { type: "button", role: "radio", "aria-label": label, title: label, click };
    return make("button", attributes, swatch({ colour, dash }));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const here = this.#radios.findIndex((radio) => radio === event.target);
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step || here < 0) return;
    event.preventDefault();
    const place = (here + step + PLACES) % PLACES;
    this.#choose(place);
    this.#radios[place]?.focus();
  }

  /** @param {number} place */
  #choose(place) {
    this.state.look({ colours: { ...this.state.view.colours, [this.#id]: place } });
    this.#tell();
  }

  #reset() {
    const { [this.#id]: _, ...colours } = this.state.view.colours;
    this.state.look({ colours });
    this.#popover.close();
  }

  /** Which it is now. */
  #tell() {
    const now = this.state.placeOf(this.#id) % PLACES;
    this.#radios.forEach((radio, place) => {
      setAttribute(radio, "aria-checked", String(place === now));
      radio.tabIndex = place === now ? 0 : -1;
    });
  }
}
