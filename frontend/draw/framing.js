/**
 * The axes of the charts: what each counts, how far it goes, and what it cannot show. Draws nothing.
 * @module
 */

import { isLive } from "../model/states.js";
import { charts as texts } from "../texts.js";
import { across } from "./axes.js";
import { NOWHERE } from "./marks.js";
import { nowhere, ranges, widen } from "./ranges.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/view.js").Zoom} Zoom */
/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./layout.js").Frame} Frame */

/** Width of a chart that has no room for words along its axes, in pixels. */
const SMALL = 480;

/** How far a run goes up whose losses are all not finite: as far as its crosses do. */
const BARE = { low: NOWHERE, high: NOWHERE, lowPositive: NOWHERE };

export class Framing {
  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  /**
   * @param {string} up what the axis up counts
   * @param {Zoom} zoom
   * @param {Zoom} all
   * @param {number} width
   * @returns {Frame}
   */
  frame(up, zoom, all, width) {
    const seen = { x: zoom.x ?? all.x, y: zoom.y ?? all.y };
    return { across: this.state.view.x, ...this.scales, up, seen, line: null, isSmall: width < SMALL };
  }

  get scales() {
    const { x, xscale, scale } = this.state.view;
    return { scale, xscale: x === "clock" ? /** @type {const} */ ("linear") : xscale };
  }

  /**
   * @param {Curve[]} curves
   * @param {Run[]} runs whose they are
   * @returns {Zoom} what shows all of them
   */
  ends(curves, runs) {
    const ends = nowhere();
    for (const one of curves) widen(ends, one, this.scales);
    return ranges(ends, this.scales, this.#most(runs));
  }

  /** @returns {Zoom} what shows all of all that are shown */
  ofAll() {
    return this.whole(this.state.shown());
  }

  /** @param {Run[]} runs @returns {Zoom} what shows all of them, whatever of them is drawn */
  whole(runs) {
    const { state } = this;
    const ends = nowhere();
    for (const run of runs) {
      const trace = state.traces.get(run.id);
      if (!trace?.length) continue;
      const axis = this.across(run, trace);
      // One that has no finite loss has its crosses all the same.
      const { low, high, lowPositive } = trace.raw.low <= trace.raw.high ? trace.raw : BARE;
      const isLog = this.scales.xscale === "log";
      ends.from = Math.min(ends.from, axis.place(isLog ? 1 : 0));
      ends.to = Math.max(ends.to, axis.place(trace.length - 1));
      ends.low = Math.min(ends.low, this.scales.scale === "log" ? lowPositive : low);
      ends.high = Math.max(ends.high, high);
    }
    return ranges(ends, this.scales, this.#most(runs));
  }

  /** @param {Run[]} runs @returns {number | null} how far on the axis across those that train may come */
  #most(runs) {
    const live = runs.filter(isLive);
    if (!live.length) return null;
    if (this.state.view.x !== "iteration") return Infinity;
    return Math.max(...runs.map(({ spec }) => spec["iterations"] - 1));
  }

  /** @param {Run} run @param {Trace} trace @returns {import("./axes.js").Across} */
  across(run, trace) {
    return across(this.state.view.x, run, trace, this.state.runs);
  }

  /** @param {Curve[]} curves @returns {string} what the axis across does not show of them */
  notAcross(curves) {
    const { x, xscale } = this.state.view;
    if (x === "clock" || xscale === "linear") return "";
    const atZero = curves.filter(({ line }) => (line.x[0] ?? 1) <= 0).length;
    return atZero ? texts.notAcross(atZero, texts.across[x]) : "";
  }
}
