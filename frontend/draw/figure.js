/**
 * One Plotly figure. The only file that knows Plotly.
 * @module
 */

import { shortened } from "../numbers.js";
import * as texts from "../texts.js";

/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("../model/view.js").Zoom} Zoom */
/** @typedef {"linear" | "log"} Scale */

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

/** @typedef {HTMLElement & {on: (event: string, listener: (change: any) => void) => void, _fullLayout?: any}} PlotElement */

/** Nothing is sent anywhere, and nothing on the figure offers to. */
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: true,
  showTips: false,
  doubleClick: "autosize",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "resetScale2d"],
};

/** Curves of which each is told at the iteration under the mouse; of more, the nearest one. */
const TOLD_TOGETHER = 8;

/** Characters of a name in a label over the chart. */
const LABEL_LENGTH = 50;

/** A finger scrolls the page: a chart as wide as the screen would hold it fast. */
const finger = matchMedia("(pointer: coarse)");

/** @type {Promise<PlotlyApi> | null} */
let loading = null;

/**
 * Plotly, loaded by a script of its own, so that the page is there before its 5 MB are.
 * @returns {Promise<PlotlyApi>}
 */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "vendor/plotly.js";
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error(texts.charts.noPlotly));
    };
    document.head.append(script);
  });
  return loading;
}

/** @param {string} text @returns {string} as Plotly's labels show it, which read tags otherwise */
function literal(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @typedef {(name: string) => string} Theme the value of a property of base.css, by day or by night */

/** @returns {Theme} */
export function theme() {
  const styles = getComputedStyle(document.documentElement);
  return (name) => styles.getPropertyValue(name).trim();
}

export class Figure {
  #isDrawn = false;
  #closed = false;
  /** @type {Promise<unknown>} */
  #drawing = Promise.resolve();

  /**
   * @param {HTMLElement} element
   * @param {(view: View) => void} onZoom called when the person has zoomed or gone back
   */
  constructor(element, onZoom) {
    this.element = /** @type {PlotElement} */ (element);
    this.onZoom = onZoom;
  }

  /** Width of the plot in pixels. */
  get width() {
    return Math.max(100, this.element.clientWidth);
  }

  /**
   * @param {Curve[]} curves
   * @param {Scale} scale
   * @param {Zoom | null} zoom null to show all
   * @returns {Promise<number>} what drawing it again will cost, in ms; nothing is known of that at first
   */
  async draw(curves, scale, zoom) {
    const { react } = await plotly();
    if (this.#closed) return 0;
    const began = performance.now();
    const colours = theme();
    const together = curves.length <= TOLD_TOGETHER;
    const data = curves.flatMap((curve) => [line(curve, colours, together), ...marks(curve, colours)]);
    const look = layout(scale, zoom, colours, together);
    this.#drawing = react(this.element, data, look, CONFIG);
    await this.#drawing;
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

  /** Draw nothing, and give back what Plotly holds. */
  async clear() {
    await this.#drawing.catch(() => {}); // it does not bear to be stopped midway
    if (this.#isDrawn) (await plotly()).purge(this.element);
    this.#isDrawn = false;
  }

  async close() {
    this.#closed = true;
    await this.clear();
  }

  #listen() {
    const { element } = this;
    const relaid = (/** @type {Record<string, any>} */ change) => {
      const y = range(change, "yaxis");
      const isLog = element._fullLayout.yaxis.type === "log";
      const view = { x: range(change, "xaxis"), y: y && isLog ? powers(y) : y };
      if (view.x !== undefined || view.y !== undefined) this.onZoom(view);
    };
    element.on("plotly_relayout", relaid);
    // While a curve is drawn anew, it must be where the hand has taken it.
    element.on("plotly_relayouting", (change) => {
      if (element._fullLayout.dragmode === "pan") relaid(change);
    });
  }
}

/**
 * @param {Record<string, any>} change
 * @param {"xaxis" | "yaxis"} axis
 * @returns {View["x"]} null where it shows all again, undefined where it stays
 */
function range(change, axis) {
  if (change[`${axis}.autorange`]) return null;
  if (`${axis}.range[0]` in change) return [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
  return change[`${axis}.range`];
}

/**
 * @param {Curve} curve
 * @param {Theme} colours
 * @param {boolean} together whether it is told of beside others, under a title that has the iteration
 */
function line(curve, colours, together) {
  const told = `%{y:.${curve.digits}g}  %{meta}<extra></extra>`;
  return {
    type: "scatter",
    mode: curve.x.length === 1 ? "markers" : "lines",
    name: literal(curve.name),
    meta: literal(shortened(curve.name, LABEL_LENGTH)),
    x: curve.x,
    y: curve.y,
    line: { color: colours(curve.colour), dash: curve.dash, width: curve.width },
    marker: { color: colours(curve.colour), size: 6 },
    connectgaps: false,
    hoverlabel: { bordercolor: colours(curve.colour) },
    hovertemplate: together ? told : `iteration %{x}<br>${told}`,
  };
}

/** @param {Curve} curve @param {Theme} colours */
function marks(curve, colours) {
  if (!curve.marks.length) return [];
  return [
    {
      type: "scatter",
      mode: "markers",
      name: literal(curve.name),
      meta: literal(shortened(curve.name, LABEL_LENGTH)),
      x: curve.marks.map((mark) => mark.x),
      y: curve.marks.map(() => curve.markY),
      text: curve.marks.map((mark) => texts.charts.drawnAt(mark.text, curve.markY)),
      marker: {
        color: colours(curve.colour),
        size: 10,
        symbol: "x",
        line: { width: 1, color: colours("--card") },
      },
      hoverlabel: { bordercolor: colours(curve.colour) },
      hovertemplate: "%{text}  %{meta}<extra></extra>",
    },
  ];
}

/**
 * @param {Scale} scale
 * @param {Zoom | null} zoom
 * @param {Theme} colours
 * @param {boolean} together
 */
function layout(scale, zoom, colours, together) {
  const [ink, soft, card] = [colours("--ink"), colours("--ink-soft"), colours("--card")];
  const axis = { color: soft, gridcolor: colours("--grid"), zerolinecolor: colours("--grid") };
  const y = zoom?.y && scale === "log" ? logarithms(zoom.y) : (zoom?.y ?? null);
  return {
    margin: { l: 56, r: 14, t: finger.matches ? 34 : 10, b: 40 },
    // Of these Plotly makes the colours of its buttons and of the box of a zoom: not transparent.
    paper_bgcolor: card,
    plot_bgcolor: card,
    // What the buttons on the chart have set stays, while all else is as it is said here.
    modebar: { bgcolor: "rgba(0,0,0,0)", color: soft, activecolor: colours("--accent"), uirevision: "kept" },
    dragmode: finger.matches ? false : "zoom",
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    hoverlabel: { bgcolor: card, font: { color: ink }, namelength: -1 },
    showlegend: false,
    hovermode: together ? "x" : "closest",
    xaxis: {
      ...axis,
      title: { text: texts.charts.iteration },
      rangemode: "tozero",
      ...ranged(zoom?.x ?? null),
    },
    yaxis: {
      ...axis,
      title: { text: texts.charts.loss },
      type: scale,
      exponentformat: "power",
      automargin: true,
      ...ranged(y),
    },
  };
}

/** @param {[number, number]} range of a logarithmic axis, which counts in powers of ten @returns {[number, number]} */
const powers = ([low, high]) => [10 ** low, 10 ** high];

/** @param {[number, number]} range @returns {[number, number] | null} null where it cannot be on such an axis */
const logarithms = ([low, high]) => (low > 0 ? [Math.log10(low), Math.log10(high)] : null);

/** @param {[number, number] | null} range */
const ranged = (range) => (range ? { range: [...range], autorange: false } : { autorange: true });
