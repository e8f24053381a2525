/**
 * The charts: one with all shown runs, or one for each side by side. Decides which are drawn and
 * when; only what is dirty and on screen is, within a budget for each frame.
 * @module
 */

import { title } from "../model/state.js";
import { count } from "../texts.js";
import { curve, unshown } from "./curves.js";
import { Figure } from "./figure.js";
import { style } from "./palette.js";

/** @typedef {import("../model/state.js").State} State */
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

/** A figure's runs, its place on the page, and when it may be drawn again. */
class Panel {
  /** @type {string[]} */
  runs = [];
  /** What it draws, and what that is called: where this changes, it is drawn anew. */
  names = "";
  dirty = true;
  visible = false;
  restUntil = 0;

  /** @param {() => void} onZoom */
  constructor(onZoom) {
    this.element = document.createElement("figure");
    this.element.className = "chart";
    this.caption = document.createElement("figcaption");
    this.plot = document.createElement("div");
    this.plot.className = "plot";
    this.plot.setAttribute("role", "img");
    this.note = document.createElement("p");
    this.note.className = "note";
    this.element.append(this.caption, this.plot, this.note);
    this.figure = new Figure(this.plot, () => {
      this.dirty = true;
      onZoom();
    });
  }
}

export class Charts {
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  #scheduled = 0;
  /** @type {IntersectionObserver} */
  #observer;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   */
  constructor(element, state) {
    this.element = element;
    this.state = state;
    this.#observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const panel = [...this.#panels.values()].find((p) => p.element === entry.target);
        if (panel) panel.visible = entry.isIntersecting;
      }
      this.#schedule();
    });
    document.addEventListener("visibilitychange", () => this.#schedule());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  /** Fit the panels to the state: which runs are shown, and how they are laid out. */
  arrange() {
    const shown = this.state.shown();
    this.element.classList.toggle("grid", this.state.layout === "grid");
    /** @type {Map<string, Run[]>} */
    const wanted =
      this.state.layout === "grid"
        ? new Map(shown.map((run) => [run.id, [run]]))
        : new Map([["overlay", shown]]);
    for (const [key, panel] of this.#panels) {
      if (!wanted.has(key)) this.#remove(key, panel);
    }
    for (const [key, runs] of wanted) this.#panel(key, runs);
  }

  /** @param {string} id a run with new losses */
  touch(id) {
    const panel = this.#panels.get(this.state.layout === "grid" ? id : "overlay");
    if (panel) panel.dirty = true;
    this.#schedule();
  }

  redraw() {
    for (const panel of this.#panels.values()) panel.dirty = true;
    this.#schedule();
  }

  /** @param {string} key @param {Run[]} runs */
  #panel(key, runs) {
    let panel = this.#panels.get(key);
    if (!panel) {
      panel = new Panel(() => this.#schedule());
      this.#panels.set(key, panel);
      this.element.append(panel.element);
      this.#observer.observe(panel.element);
    }
    const names = runs.map((run) => `${run.id} ${title(run)}`).join();
    if (names !== panel.names) {
      panel.names = names;
      panel.runs = runs.map((run) => run.id);
      panel.dirty = true;
      this.#schedule();
    }
    const [only] = runs;
    const caption = key !== "overlay" && only ? title(only) : "";
    if (panel.caption.textContent !== caption) panel.caption.textContent = caption;
    const label = caption ? `Loss of ${caption}` : `Losses, runs shown: ${count(runs.length)}`;
    panel.plot.setAttribute("aria-label", label);
  }

  /** @param {string} key @param {Panel} panel */
  #remove(key, panel) {
    this.#panels.delete(key);
    this.#observer.unobserve(panel.element);
    panel.element.remove();
    void panel.figure.close();
  }

  #schedule() {
    if (!this.#scheduled && !document.hidden)
      this.#scheduled = requestAnimationFrame(() => void this.#frame());
  }

  async #frame() {
    const began = performance.now();
    const due = [...this.#panels.values()]
      .filter((panel) => panel.dirty && panel.visible)
      .sort((a, b) => a.restUntil - b.restUntil);
    try {
      for (const panel of due) {
        const now = performance.now();
        if (now >= panel.restUntil && now - began <= FRAME_BUDGET_MS) await this.#draw(panel);
      }
    } finally {
      this.#scheduled = 0;
      if (due.some((panel) => panel.dirty)) this.#schedule();
    }
  }

  /** @param {Panel} panel */
  async #draw(panel) {
    panel.dirty = false;
    const { state } = this;
    const view = panel.figure.zoom ?? [0, Infinity];
    const points = Math.min(
      4 * panel.figure.width,
      Math.max(100, FIGURE_POINTS / Math.max(1, panel.runs.length)),
    );
    const traces = new Map(
      panel.runs.flatMap((id) => {
        const trace = state.traces.get(id);
        return trace ? [[id, trace]] : [];
      }),
    );
    const curves = [...traces].map(([id, trace]) => {
      const run = state.runs.get(id);
      const look = { name: run ? title(run) : id, ...style(state.colours.get(id) ?? 0) };
      return curve(trace, look, /** @type {[number, number]} */ (view), points);
    });
    panel.note.textContent = unshown(traces.values(), state.scale);
    let rest = RETRY_MS;
    try {
      rest = Math.max(SHORTEST_REST_MS, REST * (await panel.figure.draw(curves, state.scale)));
    } catch (error) {
      panel.dirty = true;
      state.set({ notice: String(error) });
    }
    panel.restUntil = performance.now() + rest;
  }
}
