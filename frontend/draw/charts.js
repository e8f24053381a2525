/**
 * The charts: one with all shown runs, one for each side by side, or the difference of two. Decides
 * which are drawn and when; only what is dirty and on screen is, within a budget for each frame.
 * @module
 */

import { subjects } from "../model/subjects.js";
import { charts as texts } from "../texts.js";
import { Drawing } from "./drawing.js";
import { LONGEST_MS, plotly } from "./figure.js";
import { lookAnew } from "./layout.js";
import { Panel } from "./panel.js";
import { summary } from "./summary.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/subjects.js").Subject} Subject */
/** @typedef {import("./figure.js").View} View */
/** @typedef {import("../wire/history.js").Histories} Histories */

/** Time that drawing may take of one frame before the rest waits for the next. */
const FRAME_BUDGET_MS = 12;

/** A figure rests this many times as long as it took to draw, so that the page stays at hand. */
const REST = 3;
const SHORTEST_REST_MS = 50;

/** Until a figure that could not be drawn is tried again. */
const RETRY_MS = 2000;

/** Between two summaries of a chart for who does not see it. */
const SUMMARY_MS = 2000;

/** How far off the screen a chart is drawn already, so that it is there when it is scrolled to; */
const AHEAD = "400px 0px";

/** and how seldom, while it is not seen. */
const UNSEEN_REST_MS = 3000;

export class Charts {
  /** @type {Map<string, Panel>} */
  #panels = new Map();
  /** @type {Map<HTMLElement, Panel>} */
  #byElement = new Map();
  /** @type {Map<string, Panel[]>} Those that show a run. */
  #showing = new Map();
  #frame = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  #drawing;
  /** @type {IntersectionObserver[]} */
  #observers;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {Histories} histories
   */
  constructor(element, state, histories) {
    this.element = element;
    this.state = state;
    this.#drawing = new Drawing(state, histories);
    const margins = { rootMargin: AHEAD, scrollMargin: AHEAD };
    this.#observers = [
      new IntersectionObserver((entries) => this.#seen(entries, "visible")),
      new IntersectionObserver((entries) => this.#seen(entries, "near"), margins),
    ];
    document.addEventListener("visibilitychange", () => this.#schedule());
    for (const query of ["(prefers-color-scheme: dark)", "(pointer: coarse)"])
      matchMedia(query).addEventListener("change", () => this.recolour());
    state.watch(() => this.#point());
    void plotly().catch(() => {}); // so that it is there for the first curve, which tries again
  }

  /** Fit the panels to the state: which runs are shown, and how they are laid out. */
  render() {
    const grid = this.state.view.layout === "grid";
    this.element.classList.toggle("grid", grid);
    this.#hold(grid);
    const wanted = new Map(subjects(this.state).map((subject) => [subject.key, subject]));
    for (const [key, panel] of this.#panels) if (!wanted.has(key)) this.#remove(panel);
    this.#showing.clear();
    [...wanted.values()].forEach((subject, position) => {
      const panel = this.#panels.get(subject.key) ?? this.#add(subject);
      const here = this.element.children[position] ?? null;
      if (here !== panel.element) this.element.insertBefore(panel.element, here);
      this.#describe(panel, subject);
    });
    this.#point();
  }

  /** @param {boolean} grid whether they stand side by side, and scroll, by keyboard too, in a place of their own */
  #hold(grid) {
    const told = { tabindex: "0", role: "group", "aria-label": texts.grid };
    for (const [name, value] of Object.entries(told)) {
      if (grid) this.element.setAttribute(name, value);
      else this.element.removeAttribute(name);
    }
  }

  /** @param {string} id a run of which there is more to draw */
  touch(id) {
    if (this.#drawing.hasMoved()) return this.redraw();
    this.#touch(this.#showing.get(id) ?? []);
  }

  /** @param {string} id a run of which there is now what was asked for: somebody waits for it */
  answer(id) {
    for (const panel of this.#showing.get(id) ?? [])
      if (panel.visible) panel.restUntil = Math.min(panel.restUntil, panel.drawnAt + SHORTEST_REST_MS);
    this.touch(id);
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
      charts.push({ title: panel.title, note: panel.lost, ...(await panel.figure.picture()) });
    }
    return charts;
  }

  /**
   * Look nearer, from further away, or to one side, as a hand on the mouse does.
   * @param {number} share of what is seen across that is to be seen
   * @param {number} shift to the right, as a share of it too
   */
  move(share, shift) {
    const panel = [...this.#panels.values()].find(({ visible, blank }) => visible && blank.hidden);
    const x = panel?.figure.moved(share, shift);
    if (!panel || !x) return;
    const { wanted } = panel;
    const whole = this.#drawing.whole(wanted);
    const isAll = whole !== null && x[0] <= whole[0] && x[1] >= whole[1];
    this.state.zoom(wanted.zoom, { x: isAll ? null : x });
  }

  /** Draw all anew in the colours that the page has now. */
  recolour() {
    lookAnew();
    this.redraw();
  }

  redraw() {
    this.#touch(this.#panels.values());
  }

  /** @param {Iterable<Panel>} panels that are to be drawn anew */
  #touch(panels) {
    for (const panel of panels) panel.dirty = true;
    this.#schedule();
  }

  /** @param {IntersectionObserverEntry[]} entries @param {"visible" | "near"} how */
  #seen(entries, how) {
    for (const { target, isIntersecting } of entries) {
      const panel = this.#byElement.get(/** @type {HTMLElement} */ (target));
      if (!panel) continue;
      panel[how] = isIntersecting;
      if (panel.visible) panel.restUntil = 0;
    }
    this.#schedule();
  }

  /** @param {Subject} subject */
  #add(subject) {
    const panel = new Panel(
      subject,
      ({ wanted }, view) => this.state.zoom(wanted.zoom, view),
      ({ wanted }, place) => this.#drawing.point(wanted, place),
      (resized) => this.#touch([resized]),
    );
    this.#panels.set(subject.key, panel);
    this.#byElement.set(panel.element, panel);
    for (const observer of this.#observers) observer.observe(panel.element);
    return panel;
  }

  /** @param {Panel} panel */
  #remove(panel) {
    this.#panels.delete(panel.wanted.key);
    this.#byElement.delete(panel.element);
    for (const observer of this.#observers) observer.unobserve(panel.element);
    panel.element.remove();
    void panel.figure.close();
  }

  /** @param {Panel} panel @param {Subject} subject */
  #describe(panel, subject) {
    panel.wanted = subject;
    panel.telling ??= setTimeout(() => {
      panel.telling = null;
      panel.tell(summary(panel.wanted, this.state));
    }, SUMMARY_MS);
    for (const { id } of [...subject.entries.flatMap(({ runs }) => runs), ...(subject.pair ?? [])])
      this.#showing.set(id, [...(this.#showing.get(id) ?? []), panel]);
    const said = this.#drawing.subject(subject);
    if (said === panel.subject) return;
    panel.subject = said;
    panel.dirty = true;
    const [only, ...more] = subject.entries;
    const isOne = this.state.view.layout === "grid";
    const { label, labelOf } = texts;
    if (subject.pair) panel.describe("", texts.labelApart(...this.#titles(subject.pair)));
    else if (isOne && only) panel.describe(only.title, labelOf(only.title));
    else panel.describe("", label(only ? 1 + more.length : 0));
    this.#schedule();
  }

  /** @param {[import("../wire/api.js").Run, import("../wire/api.js").Run]} pair @returns {[string, string]} */
  #titles([a, b]) {
    return [this.state.title(a), this.state.title(b)];
  }

  /** Show on every chart the place that is pointed at on one of them. */
  #point() {
    const { at } = this.state.view;
    for (const panel of this.#panels.values())
      if (panel.visible) panel.point(at, this.#drawing.told(panel.wanted, at));
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
    return [...this.#panels.values()].filter(({ dirty, visible, near }) => dirty && (visible || near));
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
    let rest = RETRY_MS;
    try {
      const { curves, frame, lost, thinned, blank } = this.#drawing.of(panel.wanted, panel.figure.width);
      panel.blank.hidden = !blank;
      panel.blank.textContent = blank;
      if (blank) await panel.figure.clear();
      const cost = blank ? 0 : await panel.figure.draw(curves, frame);
      panel.note(lost, thinned);
      clearTimeout(panel.settling);
      if (panel.figure.isBehind) panel.settling = setTimeout(() => this.#touch([panel]), LONGEST_MS);
      rest = panel.visible ? Math.max(SHORTEST_REST_MS, REST * cost) : UNSEEN_REST_MS;
    } catch (error) {
      panel.dirty = true;
      panel.note(texts.retrying(error instanceof Error ? error.message : String(error)), "");
    }
    panel.drawnAt = performance.now();
    panel.restUntil = panel.drawnAt + rest;
  }
}
