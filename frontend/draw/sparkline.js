/**
 * A small live chart of one channel: a line of light SVG, with the ends of its axes as text and a
 * value that can be read at each place, by pointer or by keyboard.
 * @module
 */

import { make, svg } from "../dom.js";
import { count } from "../numbers.js";
import { closeup } from "../texts.js";

const texts = closeup.diagnostics;

/** @typedef {import("../model/rows.js").Series} Series */

/** The line is drawn on a field of that size, which is stretched to the place that there is. */
export const WIDTH = 300;
export const HEIGHT = 100;

/** Left free above and below, so that the line is not cut at its extremes. */
const MARGIN = 6;

/** From that ratio of the largest to the smallest value on, the axis is logarithmic. */
const DECADES = 3;

/** Iterations that Page Up and Page Down go along, as a share of all. */
const PAGE = 10;

/** @typedef {{low: number, high: number, isLog: boolean}} Axis */

/**
 * @param {ArrayLike<number>} values
 * @returns {Axis | null} null where no value is finite
 */
export function axis(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return null;
  return { low, high, isLog: low > 0 && high / low > 10 ** DECADES };
}

/**
 * @param {Axis} axis
 * @param {number} value
 * @returns {number} its place, from the top; in the middle where all values are the same
 */
export function height({ low, high, isLog }, value) {
  const scale = isLog ? Math.log10 : (/** @type {number} */ x) => x;
  const span = scale(high) - scale(low);
  const share = span > 0 ? (scale(value) - scale(low)) / span : 0.5;
  return MARGIN + (1 - share) * (HEIGHT - 2 * MARGIN);
}

/**
 * The rows that draw a series on so many columns: of each column the least and the greatest value, and
 * the first that is not finite, which parts the line.
 * @param {ArrayLike<number>} iterations
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @returns {number[]} in order
 */
export function decimated(iterations, values, columns) {
  const all = iterations.length;
  if (all <= 2 * columns) return Array.from({ length: all }, (_, i) => i);
  const first = iterations[0] ?? 0;
  const span = (iterations[all - 1] ?? 0) - first || 1;
  /** @type {number[]} */
  const chosen = [];
  const value = (/** @type {number} */ i) => values[i] ?? Number.NaN;
  for (let i = 0, column = 0; i < all; column++) {
    let [low, high, broken] = [-1, -1, -1];
    for (; i < all && (((iterations[i] ?? 0) - first) / span) * columns <= column + 1; i++) {
      if (!Number.isFinite(value(i))) broken = broken < 0 ? i : broken;
      else {
        if (low < 0 || value(i) < value(low)) low = i;
        if (high < 0 || value(i) > value(high)) high = i;
      }
    }
    const found = [low, high, broken].filter((index) => index >= 0);
    chosen.push(...[...new Set(found)].sort((a, b) => a - b));
  }
  return chosen;
}

/**
 * @param {ArrayLike<number>} iterations at least one
 * @param {ArrayLike<number>} values
 * @param {Axis} axis
 * @returns {string} the line, as SVG writes it; parted where a value is not finite
 */
export function path(iterations, values, axis) {
  const first = iterations[0] ?? 0;
  const span = (iterations[iterations.length - 1] ?? 0) - first || 1;
  let drawn = "";
  let isDown = false;
  for (const i of decimated(iterations, values, WIDTH)) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const x = ((((iterations[i] ?? 0) - first) / span) * WIDTH).toFixed(1);
    drawn += `${isDown ? "L" : "M"}${x} ${height(axis, value).toFixed(1)}`;
    // A line of no length is a dot, for a value that has no neighbour.
    if (!isDown) drawn += "h0";
    isDown = true;
  }
  return drawn;
}

/**
 * @param {ArrayLike<number>} iterations in order, at least one
 * @param {number} wanted
 * @returns {number} the row whose iteration is nearest
 */
export function nearest(iterations, wanted) {
  let [from, to] = [0, iterations.length - 1];
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if ((iterations[middle] ?? 0) <= wanted) from = middle;
    else to = middle;
  }
  const [low, high] = [iterations[from] ?? 0, iterations[to] ?? 0];
  return wanted - low <= high - wanted ? from : to;
}

/** @param {string} name of its class */
const text = (name) => make("span", { class: name });

export class Sparkline {
  /** @type {Series | null} */
  #series = null;
  /** @type {number | null} The iteration that a person reads; null for the newest. */
  #read = null;
  #line = svg("path", { class: "line" });
  #cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT });
  #plot;
  #value = text("value");
  #high = text("high");
  #low = text("low");
  #first = text("first");
  #last = text("last");
  #note = make("p", { class: "note" });
  element;

  /**
   * @param {string} title
   * @param {string} help
   * @param {(value: number) => string} told a value for people
   * @param {(iteration: number | null) => void} onRead called where a value is read; null for none
   */
  constructor(title, help, told, onRead) {
    this.told = told;
    this.onRead = onRead;
    const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
    this.#plot = make(
      "div",
      { class: "field-of-view", tabindex: "0", role: "slider", "aria-label": texts.curve(title), "aria-description": help },
      svg("svg", { ...size, "aria-hidden": "true" }, this.#line, this.#cursor),
    );
    this.element = make(
      "figure",
      { class: "sparkline" },
      make("figcaption", {}, make("span", { class: "title", title: help }, title), this.#value),
      make("span", { class: "ends-of-y" }, this.#high, this.#low),
      this.#plot,
      make("div", { class: "below" }, this.#first, this.#last),
      this.#note,
    );
    this.#listen();
  }

  #listen() {
    const plot = this.#plot;
    plot.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      const { iterations } = this.#series ?? {};
      if (!iterations?.length || !width) return;
      const [first = 0, last = 0] = [iterations[0], iterations[iterations.length - 1]];
      this.#point(first + ((clientX - left) / width) * (last - first));
    });
    plot.addEventListener("pointerleave", () => this.#point(null));
    plot.addEventListener("blur", () => this.#point(null));
    plot.addEventListener("keydown", (event) => {
      const to = this.#keyed(event.key);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.#point(to);
    });
  }

  /** @param {string} key @returns {number | null | undefined} undefined where it is none of these */
  #keyed(key) {
    const iterations = this.#series?.iterations;
    if (!iterations?.length) return undefined;
    const end = iterations.length - 1;
    const here = this.#read === null ? end : nearest(iterations, this.#read);
    const page = Math.max(1, Math.round(end / PAGE));
    const to = /** @type {Record<string, number>} */ ({
      ArrowLeft: here - 1,
      ArrowDown: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here + 1,
      PageDown: here - page,
      PageUp: here + page,
      Home: 0,
      End: end,
    })[key];
    if (key === "Escape" && this.#read !== null) return null;
    if (to === undefined) return undefined;
    return to > end ? null : iterations[Math.max(0, to)];
  }

  /** @param {number | null} iteration */
  #point(iteration) {
    this.read(iteration);
    this.onRead(iteration);
  }

  /** @param {number | null} iteration whose value is told; null for the newest */
  read(iteration) {
    this.#read = iteration;
    this.#tell();
  }

  /** @param {Series} series */
  draw(series) {
    this.#series = series;
    const { iterations, values, newest } = series;
    const scale = axis(values);
    this.#line.setAttribute("d", scale ? path(iterations, values, scale) : "");
    this.#high.textContent = scale ? this.told(scale.high) : "";
    this.#low.textContent = scale && scale.low < scale.high ? this.told(scale.low) : "";
    this.#plot.classList.toggle("log", Boolean(scale?.isLog));
    this.#plot.dataset["scale"] = scale?.isLog ? texts.log : "";
    this.#first.textContent = count(iterations[0] ?? 0);
    this.#last.textContent = newest ? count(newest.iteration) : "";
    const { broken } = series;
    this.#note.textContent = broken ? texts.broken(this.told(broken.value), broken.iteration) : "";
    this.#tell();
  }

  /** The value that is read, or the newest. */
  #tell() {
    const { iterations, values, newest } = this.#series ?? {};
    if (!iterations?.length || !values || !newest) return;
    const at = this.#read === null ? -1 : nearest(iterations, this.#read);
    const row = at < 0 ? newest : { iteration: iterations[at] ?? 0, value: values[at] ?? Number.NaN };
    const told = texts.at(this.told(row.value), row.iteration);
    this.#value.textContent = at < 0 ? this.told(row.value) : told;
    const [first = 0, last = 0] = [iterations[0], newest.iteration];
    const x = String(((row.iteration - first) / (last - first || 1)) * WIDTH);
    this.#cursor.setAttribute("x1", x);
    this.#cursor.setAttribute("x2", x);
    this.#cursor.classList.toggle("read", at >= 0);
    this.#plot.setAttribute("aria-valuemin", String(first));
    this.#plot.setAttribute("aria-valuemax", String(last));
    this.#plot.setAttribute("aria-valuenow", String(row.iteration));
    this.#plot.setAttribute("aria-valuetext", told);
  }
}
