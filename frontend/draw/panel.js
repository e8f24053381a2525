/**
 * A chart's place on the page: its title, its plot, a line where another chart is pointed at, and what
 * is said beneath.
 * @module
 */

import { make, setText } from "../dom.js";
import { charts as texts } from "../texts.js";
import { Figure } from "./figure.js";

/** @typedef {import("../model/subjects.js").Subject} Subject */
/** @typedef {import("./figure.js").View} View */

let made = 0;

export class Panel {
  /** What it draws, and how: where this changes, it is drawn anew. */
  subject = "";
  dirty = true;
  /** Whether it is on the screen, */
  visible = false;
  /** or is soon if one scrolls on. */
  near = false;
  drawnAt = 0;
  restUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} Until it is drawn whole, where it was drawn on. */
  settling;
  /** @type {ReturnType<typeof setTimeout> | null} Until what is to be seen is told anew. */
  telling = null;
  #told = make("p", { class: "unseen", id: `chart-${++made}` });
  #pointer = make("div", { class: "pointer", hidden: true });
  #value = make("span", { class: "value", "aria-hidden": "true" });
  #title = make("span", { class: "title", dir: "auto" });
  caption = make("figcaption", {}, this.#title, this.#value);
  plot = make("div", { class: "plot", role: "group", "aria-describedby": this.#told.id });
  blank = make("p", { class: "blank", hidden: true }, texts.blank);
  #lost = make("span", { class: "lost" });
  #thinned = make("span", { class: "thinned" });
  element = make("figure", { class: "chart" }, this.caption, this.plot, this.#pointer, this.blank, make("p", { class: "note" }, this.#lost, " ", this.#thinned), this.#told);

  /**
   * @param {Subject} wanted
   * @param {(panel: Panel, view: View) => void} onZoom
   * @param {(panel: Panel, place: number | null) => void} onPoint
   * @param {(panel: Panel) => void} onSize
   */
  constructor(wanted, onZoom, onPoint, onSize) {
    this.wanted = wanted;
    this.figure = new Figure(
      this.plot,
      (view) => onZoom(this, view),
      (place) => onPoint(this, place),
      () => onSize(this),
    );
  }

  /** @param {string} title @param {string} label what it is to who does not see it */
  describe(title, label) {
    setText(this.#title, title);
    this.#title.title = title;
    this.plot.setAttribute("aria-label", label);
  }

  /** What is said over it where it is taken along; one chart with all runs speaks for itself. */
  get title() {
    const { pair } = this.wanted;
    return (pair ? this.plot.getAttribute("aria-label") : this.#title.textContent) ?? "";
  }

  /** What is not on the curves. */
  get lost() {
    return this.#lost.textContent ?? "";
  }

  /** @param {string} lost what is not on the curves @param {string} thinned how they were thinned */
  note(lost, thinned) {
    setText(this.#lost, lost);
    setText(this.#thinned, thinned);
  }

  /** @param {string} summary what is to be seen, in words */
  tell(summary) {
    setText(this.#told, summary);
  }

  /**
   * @param {number | null} place on the axis across where somebody points, on another chart
   * @param {string} value what is there
   */
  point(place, value) {
    setText(this.#value, value);
    const found = this.figure.pixels(place);
    this.#pointer.hidden = !found;
    if (!found) return;
    const { style } = this.#pointer;
    style.transform = `translate(${this.plot.offsetLeft + found.x}px, ${this.plot.offsetTop + found.top}px)`;
    style.height = `${found.height}px`;
  }
}
