/**
 * The charts: one with all shown runs, or one for each side by side. Decides which are drawn and
 * when; only what is dirty and on screen is, within a budget for each frame.
 * @module
 */

import { ALL } from "../model/state.js";
import { charts as texts } from "../texts.js";
import { curve, unshown, widths } from "./curves.js";
import { Figure, plotly } from "./figure.js";
import { style } from "./palette.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("./figure.js").View} View */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../wire/api.js").Run} Run */

/** Points of all curves of one figure together: what Plotly draws within about 50 ms. */
const FIGURE_POINTS = 16_000;

/** Time that drawing may take of one frame before the rest waits for the next. */
const FRAME_BUDGET_MS = 12;

/** A figure rests this many times as long as it took to draw, so that the page stays at hand. */
const REST = 3;
const SHORTEST_REST_MS = 50;

/** Until a figure that could not be drawn is tried again. */
const RETRY_MS = 2000;

/** How far off the screen a chart is drawn already, so that it is there when it is scrolled to. */
const AHEAD = "400px 0px";

/** Digits by which all numbers of a type can be told apart. */
const DIGITS = /** @type {Record<string, number>} */ ({ float32: 9, float64: 17 });

/** A figure's runs, its place on the page, and when it may be drawn again. */
class Panel {
  /** @type {string[]} */
  runs = [];
  /** What it draws, and how: where this changes, it is drawn anew. */
  subject = "";
  dirty = true;
  visible = false;
  restUntil = 0;

  /**
   * @param {string} key
   * @param {(view: View, runs: string[]) => void} onZoom
   */
  constructor(key, onZoom) {
    this.key = key;
    this.element = document.createElement("figure");
    this.element.className = "chart";
    this.caption = document.createElement("figcaption");
    this.plot = document.createElement("div");
    this.plot.className = "plot";
    this.plot.setAttribute("role", "img");
    this.blank = document.createElement("p");
    this.blank.className = "blank";
    this.blank.textContent = texts.blank;
    this.blank.hidden = true;
    this.note = document.createElement("p");
    this.note.className = "note";
    this.element.append(this.caption, this.plot, this.blank, this.note);
    this.figure = new Figure(this.plot, (view) => onZoom(view, this.runs));
  }
}

export class Charts {
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  /** @type {IntersectionObserver} */
  #observer;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   */
  constructor(element, state) {
    this.element = element;
    this.state = state;
    const seen = (/** @type {IntersectionObserverEntry[]} */ entries) => this.#seen(entries);
    const margins = { rootMargin: AHEAD, scrollMargin: AHEAD };
    this.#observer = new IntersectionObserver(seen, margins);
    document.addEventListener("visibilitychange", () => this.#schedule());
    for (const query of ["(prefers-color-scheme: dark)", "(pointer: coarse)"])
      matchMedia(query).addEventListener("change", () => this.#redraw());
    document.addEventListener("themechange", () => this.#redraw());
    void plotly().catch(() => {}); // so that it is there for the first curve, which tries again
  }

  /** Fit the panels to the state: which runs are shown, and how they are laid out. */
  render() {
    const { state } = this;
    const shown = state.shown();
    const grid = state.view.layout === "grid";
    this.element.classList.toggle("grid", grid);
    if (grid) this.element.tabIndex = 0;
    else this.element.removeAttribute("tabindex");
    /** @type {Map<string, Run[]>} */
    const wanted = grid ? new Map(shown.map((run) => [run.id, [run]])) : new Map([[ALL, shown]]);
    for (const [key, panel] of this.#panels) {
      if (!wanted.has(key)) this.#remove(panel);
    }
    [...wanted].forEach(([key, runs], position) => {
      const panel = this.#panels.get(key) ?? this.#add(key);
      const here = this.element.children[position] ?? null;
      if (here !== panel.element) this.element.insertBefore(panel.element, here);
      this.#describe(panel, runs);
    });
  }

  /** @param {string} id a run with new losses */
  touch(id) {
    const panel = this.#panels.get(this.state.view.layout === "grid" ? id : ALL);
    if (panel) panel.dirty = true;
    this.#schedule();
  }

  /**
   * The charts as they are seen, and those of a grid to which nobody has scrolled yet.
   * @returns {Promise<import("./picture.js").Chart[]>}
   */
  async pictures() {
    const charts = [];
    const inOrder = [...this.#panels.values()].sort((a, b) =>
      a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
    );
    for (const panel of inOrder) {
      if (panel.dirty) await this.#drawPanel(panel);
      if (!panel.blank.hidden) continue;
      const [title, note] = [panel.caption.textContent ?? "", panel.note.textContent ?? ""];
      charts.push({ title, note, ...(await panel.figure.picture()) });
    }
    return charts;
  }

  #redraw() {
    for (const panel of this.#panels.values()) panel.dirty = true;
    this.#schedule();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const entry of entries) {
      const panel = [...this.#panels.values()].find(({ element }) => element === entry.target);
      if (panel) panel.visible = entry.isIntersecting;
    }
    this.#schedule();
  }

  /** @param {string} key */
  #add(key) {
    const panel = new Panel(key, (view, runs) => this.state.zoom(key, view, runs));
    this.#panels.set(key, panel);
    this.#observer.observe(panel.element);
    return panel;
  }

  /** @param {Panel} panel */
  #remove(panel) {
    this.#panels.delete(panel.key);
    this.#observer.unobserve(panel.element);
    panel.element.remove();
    void panel.figure.close();
  }

  /** @param {Panel} panel @param {Run[]} runs */
  #describe(panel, runs) {
    const { state } = this;
    const { key } = panel;
    const titles = runs.map((run) => state.title(run));
    panel.runs = runs.map((run) => run.id);
    const subject = JSON.stringify([state.view.scale, state.view.zooms[key], panel.runs, titles]);
    if (subject === panel.subject) return;
    panel.subject = subject;
    panel.dirty = true;
    panel.caption.textContent = key === ALL ? "" : (titles[0] ?? "");
    const label =
      key === ALL ? texts.label(runs.length) : texts.labelOf(titles[0] ?? "");
    panel.plot.setAttribute("aria-label", label);
    this.#schedule();
  }

  /** Draw at the next frame, or once one that is due has rested. */
  #schedule() {
    if (this.#frame || document.hidden) return;
    clearTimeout(this.#resting);
    const wait = Math.min(...this.#due().map((panel) => panel.restUntil)) - performance.now();
    if (wait <= 0) this.#frame = requestAnimationFrame(() => void this.#draw());
    else if (wait < Infinity) this.#resting = setTimeout(() => this.#schedule(), wait);
  }

  #due() {
    return [...this.#panels.values()].filter((panel) => panel.dirty && panel.visible);
  }

  async #draw() {
    const began = performance.now();
    try {
      for (const panel of this.#due().sort((a, b) => a.restUntil - b.restUntil)) {
        const now = performance.now();
        if (now >= panel.restUntil && now - began <= FRAME_BUDGET_MS) await this.#drawPanel(panel);
      }
    } finally {
      this.#frame = 0;
      this.#schedule();
    }
  }

  /** @param {Panel} panel */
  async #drawPanel(panel) {
    panel.dirty = false;
    const { state } = this;
    const shown = panel.runs.flatMap((id) => {
      const [run, trace] = [state.runs.get(id), state.traces.get(id)];
      return run && trace ? [{ run, trace }] : [];
    });
    const traces = shown.map(({ trace }) => trace);
    panel.blank.hidden = traces.some((trace) => trace.length);
    let rest = RETRY_MS;
    try {
      const cost = panel.blank.hidden ? await this.#drawCurves(panel, shown) : 0;
      if (!panel.blank.hidden) await panel.figure.clear();
      panel.note.textContent = unshown(traces, state.view.scale);
      rest = Math.max(SHORTEST_REST_MS, REST * cost);
    } catch (error) {
      panel.dirty = true;
      panel.note.textContent = texts.retrying(error instanceof Error ? error.message : String(error));
    }
    panel.restUntil = performance.now() + rest;
  }

  /**
   * @param {Panel} panel
   * @param {{run: Run, trace: Trace}[]} shown
   */
  #drawCurves({ key, figure }, shown) {
    const { state } = this;
    const zoom = state.view.zooms[key] ?? null;
    const points = Math.min(4 * figure.width, Math.max(100, FIGURE_POINTS / shown.length));
    const wide = widths(shown.map(({ trace }) => trace));
    const curves = shown.map(({ run, trace }, i) => {
      const look = {
        ...style(state.placeOf(run.id)),
        name: state.title(run),
        width: wide[i] ?? 1,
        digits: DIGITS[run.spec["dtype"]] ?? 9,
      };
      return curve(trace, look, zoom?.x ?? [0, Infinity], points);
    });
    return figure.draw(curves, state.view.scale, zoom);
  }
}
