/**
 * The axes that all charts of a grid share: wide enough for all that is shown, and moved seldom, since
 * all are drawn anew then.
 * @module
 */

import { across } from "./axes.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/view.js").Zoom} Zoom */

/** An axis is longer than it must be by at most so much of itself, so that it need not grow at once. */
const STEP = 1 / 8;

/** Steps of a logarithmic axis, in powers of ten. */
const DECADE_STEP = 1 / 2;

export class Shared {
  #said = "";

  /** @param {State} state */
  constructor(state) {
    this.state = state;
  }

  hasMoved() {
    const { layout, axes } = this.state.view;
    if (layout !== "grid" || axes !== "shared") return false;
    const said = JSON.stringify(this.all);
    const moved = said !== this.#said;
    this.#said = said;
    return moved;
  }

  /** @returns {Zoom} */
  get all() {
    const { x, scale } = this.state.view;
    const ends = { from: Infinity, to: -Infinity, low: Infinity, high: -Infinity };
    for (const run of this.state.shown()) {
      const trace = this.state.traces.get(run.id);
      if (!trace?.length) continue;
      const axis = across(x, run, trace);
      ends.from = Math.min(ends.from, axis.place(0));
      ends.to = Math.max(ends.to, axis.place(trace.length - 1));
      ends.low = Math.min(ends.low, scale === "log" ? trace.raw.lowPositive : trace.raw.low);
      ends.high = Math.max(ends.high, trace.raw.high);
    }
    return { x: along(ends.from, ends.to, x === "clock"), y: scale === "log" ? decades(ends.low, ends.high) : steps(ends.low, ends.high) };
  }
}

/** @param {number} from @param {number} to @param {boolean} isClock @returns {Zoom["x"]} */
function along(from, to, isClock) {
  if (!(from <= to)) return null;
  const start = isClock ? from : 0;
  const unit = STEP * 2 ** Math.ceil(Math.log2(Math.max(to - start, 1)));
  return [start, start + unit * Math.ceil((to - start) / unit || 1)];
}

/** @param {number} low @param {number} high @returns {Zoom["y"]} */
function decades(low, high) {
  if (!(low > 0 && low <= high)) return null;
  return [
    10 ** (DECADE_STEP * Math.floor(Math.log10(low) / DECADE_STEP)),
    10 ** (DECADE_STEP * Math.ceil(Math.log10(high) / DECADE_STEP)),
  ];
}

/** @param {number} low @param {number} high @returns {Zoom["y"]} */
function steps(low, high) {
  if (!(low < high)) return null;
  const unit = STEP * 2 ** Math.ceil(Math.log2(high - low));
  return [unit * Math.floor(low / unit), unit * Math.ceil(high / unit)];
}
