/**
 * What is seen of which chart. Along the axis across, all charts show the same; up, those of a grid do
 * where they share their axes. Knows no DOM.
 * @module
 */

import { fieldOf } from "./groups.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Zoom} Zoom */

/** The chart with all runs, and those of a grid that share their axes; */
export const ALL = "all";

/** and that of two runs' difference. Any other bears the id of its run, or the key of its group. */
export const DIFFERENCE = "difference";

/** @param {string} chart @returns {string} the one whose axis across it shows */
const across = (chart) => (chart === DIFFERENCE ? DIFFERENCE : ALL);

/**
 * @param {View["zooms"]} zooms
 * @param {string} chart
 * @returns {Zoom} what is seen of it
 */
export const zoomOf = (zooms, chart) => ({ x: zooms[across(chart)]?.x ?? null, y: zooms[chart]?.y ?? null });

/**
 * @param {View["zooms"]} zooms
 * @param {string} chart
 * @param {{x?: Zoom["x"] | undefined, y?: Zoom["y"] | undefined}} change what is left out stays; null shows all
 * @returns {{zooms: View["zooms"], changed: string[]}} with the charts that were zoomed by that
 */
export function zoomed(zooms, chart, { x, y }) {
  const made = { ...zooms };
  const put = (/** @type {string} */ key, /** @type {Partial<Zoom>} */ change) => {
    const after = { x: made[key]?.x ?? null, y: made[key]?.y ?? null, ...change };
    if (after.x || after.y) made[key] = after;
    else delete made[key];
    return key;
  };
  const changed = [];
  if (x !== undefined) changed.push(put(across(chart), { x }));
  if (y !== undefined) changed.push(put(chart, { y }));
  return { zooms: made, changed };
}

/** @param {View["zooms"]} zooms @returns {View["zooms"]} of the axes up alone */
export function upright(zooms) {
  const tall = Object.entries(zooms).filter(([, { y }]) => y);
  return Object.fromEntries(tall.map(([chart, { y }]) => [chart, { x: null, y }]));
}

/** @param {View} view @param {string} chart @returns {boolean} whether what is zoomed of it shows on a chart that is seen */
export function isSeen({ layout, axes, zooms, group }, chart) {
  if (layout === "difference" || chart === DIFFERENCE) return layout === chart;
  if (layout === "overlay" || axes === "shared") return chart === ALL;
  if (chart === ALL) return Boolean(zooms[ALL]?.x);
  return group === fieldOf(chart);
}

/** Remembers which runs were on a chart when it was zoomed: once none of them is, it shows something else. */
export class Zoomed {
  /** @type {Map<string, Set<string>>} by chart */
  #runs = new Map();

  /** @param {string[]} charts that are zoomed anew */
  anew(charts) {
    for (const chart of charts) this.#runs.delete(chart);
  }

  /**
   * @param {View["zooms"]} zooms as they are, wherever they come from
   * @param {(chart: string) => ReadonlySet<string>} runsOn the runs that are on a chart now
   * @returns {View["zooms"]} those of charts with a run left on them
   */
  left(zooms, runsOn) {
    for (const chart of this.#runs.keys()) if (!(chart in zooms)) this.#runs.delete(chart);
    const left = Object.entries(zooms).filter(([chart]) => {
      const now = runsOn(chart);
      const then = this.#runs.get(chart);
      if (!then && now.size) this.#runs.set(chart, new Set(now));
      return !then || [...then].some((id) => now.has(id));
    });
    return left.length < Object.keys(zooms).length ? Object.fromEntries(left) : zooms;
  }
}
