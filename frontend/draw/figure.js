/**
 * One Plotly figure. The only file that knows Plotly.
 * @module
 */

import * as texts from "../texts.js";
import { layout, look, placeOf, seconds } from "./layout.js";
import { plotted } from "./plotted.js";
import { drawOn } from "./quick.js";

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./layout.js").Frame} Frame */
/** @typedef {import("../model/view.js").Zoom} Zoom */

/**
 * A change of what is seen: null shows all, undefined leaves it as it is.
 * @typedef {{x?: Zoom["x"] | undefined, y?: Zoom["y"] | undefined}} View
 */

/**
 * The part of Plotly that is used here.
 * @typedef {object} PlotlyApi
 * @property {(element: HTMLElement, data: object[], layout: object, config: object) => Promise<unknown>} react
 * @property {(element: HTMLElement) => void} purge
 * @property {(element: HTMLElement, options: object) => Promise<string>} toImage as a URL of data
 */

/** @typedef {HTMLElement & {on: (event: string, listener: (change: any) => void) => void, _fullLayout?: any, data?: object[]}} PlotElement */

/** @typedef {import("./plotted.js").Plotted} Plotted */

/** Nothing is sent anywhere, and nothing on the figure offers to. */
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  showTips: false,
  doubleClick: "autosize",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "resetScale2d", "toImage"],
};

/** Curves of which each is told at the iteration under the mouse; of more, the nearest one. */
const TOLD_TOGETHER = 8;

/** Until Plotly draws anew a figure that was drawn on: what it tells under the mouse is as old as that. */
export const LONGEST_MS = 1000;

/** @type {Promise<PlotlyApi> | null} */
let loading = null;

/**
 * Plotly, loaded by a script of its own, so that the page is there before its 5 MB are.
 * @returns {Promise<PlotlyApi>}
 */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../vendor/plotly.js", import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error(texts.charts.noPlotly));
    };
    document.head.append(script);
  });
  return loading;
}

export class Figure {
  /** Whether Plotly does not know of what was drawn last, since it was drawn on only. */
  isBehind = false;
  #isDrawn = false;
  #closed = false;
  /** All that was drawn last but for the points of the lines. */
  #said = "";
  #drawnAt = 0;
  /** @type {{width: number, height: number} | undefined} of the plot, in pixels */
  #size;
  #sizes;
  #isPointedAt = false;
  /** @type {Promise<unknown>} */
  #drawing = Promise.resolve();

  /**
   * @param {HTMLElement} element
   * @param {(view: View) => void} onZoom called when the person has zoomed or gone back
   * @param {(place: number | null) => void} onPoint called with the place on the axis across that is
   *   pointed at
   * @param {() => void} onSize called when there is more or less room than it was drawn for
   */
  constructor(element, onZoom, onPoint, onSize) {
    this.element = /** @type {PlotElement} */ (element);
    this.onZoom = onZoom;
    this.onPoint = onPoint;
    this.#sizes = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      if (!width || !height) return;
      const isOther = this.#size && (this.#size.width !== width || this.#size.height !== height);
      this.#size = { width, height };
      if (isOther) onSize();
    });
    this.#sizes.observe(element);
    element.addEventListener("pointerenter", () => (this.#isPointedAt = true));
    element.addEventListener("pointerleave", () => (this.#isPointedAt = false));
  }

  /** Width of the plot in pixels. */
  get width() {
    return Math.max(100, this.#room.width);
  }

  /** Not asked of the element each time, which would lay out the page. */
  get #room() {
    this.#size ??= { width: this.element.clientWidth, height: this.element.clientHeight };
    return this.#size;
  }

  /**
   * @param {Curve[]} curves
   * @param {Frame} frame
   * @returns {Promise<number>} what drawing it again will cost, in ms; nothing is known of that at first
   */
  async draw(curves, frame) {
    const { react } = await plotly();
    if (this.#closed) return 0;
    const began = performance.now();
    const together = curves.length <= TOLD_TOGETHER;
    const data = curves.flatMap((curve) => plotted(curve, frame, look, together));
    const around = { ...layout(frame, look, together), ...this.#room };
    this.isBehind = this.#drawOn(data, around);
    if (this.isBehind) return performance.now() - began;
    this.#drawing = react(this.element, data, around, CONFIG);
    await this.#drawing;
    this.#drawnAt = performance.now();
    if (this.#isDrawn) return performance.now() - began;
    this.#isDrawn = true;
    this.#listen();
    return 0;
  }

  /** @returns {Promise<{svg: string, width: number, height: number}>} what is drawn now, its labels as text */
  async picture() {
    await this.#drawing;
    const { clientWidth: width, clientHeight: height } = this.element;
    const url = await (await plotly()).toImage(this.element, { format: "svg", width, height });
    return { svg: decodeURIComponent(url.slice(url.indexOf(",") + 1)), width, height };
  }

  /**
   * @param {Plotted[]} data
   * @param {object} around
   * @returns {boolean} whether it was enough to draw on what is there
   */
  #drawOn(data, around) {
    const said = JSON.stringify([around, data.map(({ x, y, ...rest }) => [rest, Array.isArray(rest["text"]) ? x.length : 0])]);
    const isSame = said === this.#said;
    this.#said = said;
    const isFresh = performance.now() < this.#drawnAt + LONGEST_MS;
    const { element } = this;
    if (!isSame || !isFresh || !this.#isDrawn || this.#isPointedAt) return false;
    const { xaxis, yaxis } = element._fullLayout;
    const lines = data.map(({ mode, fill, x, y }) => (mode === "lines" && !fill ? { x, y } : null));
    if (data.some(({ fill }) => fill) || !drawOn(element, lines, xaxis, yaxis)) return false;
    data.forEach(({ x, y }, i) => Object.assign(element.data?.[i] ?? {}, { x, y }));
    return true;
  }

  /**
   * @param {number | null} place on the axis across
   * @returns {{x: number, top: number, height: number} | null} where it is, in pixels within the plot;
   *   null where it is not seen
   */
  pixels(place) {
    const drawn = this.#isDrawn ? this.element._fullLayout : null;
    if (!drawn || place === null) return null;
    const { xaxis, yaxis } = drawn;
    const x = xaxis.d2p(placeOf(xaxis.type, place));
    if (!(x >= 0 && x <= xaxis._length)) return null;
    return { x: xaxis._offset + x, top: yaxis._offset, height: yaxis._length };
  }

  /**
   * @param {number} share of what is seen across
   * @param {number} shift to the right, as a share of it
   * @returns {View["x"]} what is seen then, around the same middle but for the shift
   */
  moved(share, shift) {
    if (!this.#isDrawn) return undefined;
    const { xaxis } = this.element._fullLayout;
    const [from, to] = xaxis.range.map(xaxis.r2l);
    const middle = (from + to) / 2 + shift * (to - from);
    const half = (share * (to - from)) / 2;
    return range({ "xaxis.range": [middle - half, middle + half] }, "xaxis", xaxis.type);
  }

  /** Draw nothing, and give back what Plotly holds. */
  async clear() {
    await this.#drawing.catch(() => {}); // it does not bear to be stopped midway
    if (this.#isDrawn) (await plotly()).purge(this.element);
    this.#isDrawn = this.isBehind = false;
    this.#said = "";
  }

  async close() {
    this.#closed = true;
    this.#sizes.disconnect();
    await this.clear();
  }

  #listen() {
    const { element } = this;
    const relaid = (/** @type {Record<string, any>} */ change) => {
      const { xaxis, yaxis } = element._fullLayout;
      const view = { x: range(change, "xaxis", xaxis.type), y: range(change, "yaxis", yaxis.type) };
      if (view.x !== undefined || view.y !== undefined) this.onZoom(view);
    };
    element.on("plotly_relayout", relaid);
    // While a curve is drawn anew, it must be where the hand has taken it.
    element.on("plotly_relayouting", (change) => {
      if (element._fullLayout.dragmode === "pan") relaid(change);
    });
    element.on("plotly_hover", ({ points }) => {
      const { xaxis } = element._fullLayout;
      this.onPoint(seconds(xaxis.type, points[0].x));
    });
    element.on("plotly_unhover", () => this.onPoint(null));
  }
}

/**
 * @param {Record<string, any>} change
 * @param {"xaxis" | "yaxis"} axis
 * @param {string} type
 * @returns {View["x"]} null where it shows all again, undefined where it stays
 */
function range(change, axis, type) {
  if (change[`${axis}.autorange`]) return null;
  const given = `${axis}.range[0]` in change ? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]] : change[`${axis}.range`];
  if (!given) return undefined;
  const [low, high] = type === "log" ? [10 ** given[0], 10 ** given[1]] : [seconds(type, given[0]), seconds(type, given[1])];
  return [low, high];
}
