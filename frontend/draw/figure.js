/**
 * One Plotly figure. The only file that knows Plotly.
 * @module
 */

import { loss } from "../texts.js";

/** @typedef {import("./curves.js").Curve} Curve */

/**
 * The part of Plotly that is used here.
 * @typedef {object} PlotlyApi
 * @property {(element: HTMLElement, data: object[], layout: object, config: object) => Promise<unknown>} react
 * @property {(element: HTMLElement) => void} purge
 */

/** @typedef {HTMLElement & {on: (event: string, listener: (change: any) => void) => void, _fullLayout?: any}} PlotElement */

/** Nothing is sent anywhere, and nothing on the figure offers to. */
const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: true,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};

/** @type {Promise<PlotlyApi> | null} */
let loading = null;

/**
 * Plotly, loaded when the first figure is drawn, so that the page is there before its 5 MB are.
 * @returns {Promise<PlotlyApi>}
 */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "vendor/plotly.js";
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("plotly.js could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/** @param {string} text @returns {string} as Plotly's labels show it, which read tags otherwise */
function literal(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {string} name @returns {string} */
function themed(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Figure {
  /** @type {[number, number] | null} The iterations that the person has zoomed to. */
  zoom = null;
  #listening = false;
  #closed = false;
  /** @type {Promise<unknown>} */
  #drawing = Promise.resolve();

  /**
   * @param {HTMLElement} element
   * @param {() => void} onZoom called when the person has zoomed or gone back
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
   * @param {"linear" | "log"} scale
   * @returns {Promise<number>} what it cost, in ms
   */
  async draw(curves, scale) {
    const { react } = await plotly();
    if (this.#closed) return 0;
    const began = performance.now();
    const data = curves.flatMap((curve) => [line(curve), ...marks(curve)]);
    this.#drawing = react(this.element, data, layout(scale), CONFIG);
    await this.#drawing;
    if (!this.#listening) {
      this.#listening = true;
      this.element.on("plotly_relayout", (change) => this.#zoomed(change));
    }
    return performance.now() - began;
  }

  /** Give back what Plotly holds, once it has drawn: it does not bear to be stopped midway. */
  async close() {
    this.#closed = true;
    await this.#drawing.catch(() => {});
    if (this.#listening) (await plotly()).purge(this.element);
  }

  /** @param {Record<string, any>} change */
  #zoomed(change) {
    if (change["xaxis.autorange"]) this.zoom = null;
    else if ("xaxis.range[0]" in change)
      this.zoom = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    else return;
    this.onZoom();
  }
}

/** @param {Curve} curve */
function line(curve) {
  return {
    type: "scatter",
    mode: curve.x.length === 1 ? "markers" : "lines",
    name: literal(curve.name),
    x: curve.x,
    y: curve.y,
    line: { color: curve.colour, dash: curve.dash, width: 1.6 },
    marker: { color: curve.colour, size: 6 },
    connectgaps: false,
    hovertemplate: "iteration %{x}<br>loss %{y:.6g}<extra>%{fullData.name}</extra>",
  };
}

/** @param {Curve} curve */
function marks(curve) {
  if (!curve.marks.length) return [];
  return [
    {
      type: "scatter",
      mode: "markers",
      name: literal(curve.name),
      x: curve.marks.map((mark) => mark.x),
      y: curve.marks.map(() => curve.markY),
      text: curve.marks.map((mark) => `${mark.text} (drawn at ${loss(curve.markY)})`),
      marker: { color: curve.colour, size: 10, symbol: "x", line: { width: 1, color: "#000" } },
      hovertemplate: "%{text}<extra>%{fullData.name}</extra>",
    },
  ];
}

/** @param {"linear" | "log"} scale */
function layout(scale) {
  const axis = {
    color: themed("--ink-soft"),
    gridcolor: themed("--grid"),
    zerolinecolor: themed("--grid"),
  };
  return {
    uirevision: "kept",
    margin: { l: 56, r: 14, t: 10, b: 40 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12, color: themed("--ink") },
    showlegend: false,
    hovermode: "closest",
    xaxis: { ...axis, title: { text: "iteration" }, rangemode: "tozero" },
    yaxis: { ...axis, uirevision: scale, title: { text: "loss" }, type: scale, exponentformat: "power" },
  };
}
