/**
 * Which charts there are, and whose losses are on each. Knows no DOM.
 * @module
 */

import { groups as texts } from "../texts.js";
import { fieldOf, groupTitle, groups } from "./groups.js";
import { ALL, DIFFERENCE } from "./zooms.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */

/**
 * One curve.
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} title
 * @property {Run[]} runs one, or those that are taken together
 * @property {number} place on the palette
 */

/**
 * One chart.
 * @typedef {object} Subject
 * @property {string} key
 * @property {string} zoom the key of what is seen of its height, which charts may share
 * @property {Entry[]} entries
 * @property {[Run, Run] | null} pair of which the difference is drawn
 */

/** @param {State} state @returns {Subject[]} */
export function subjects(state) {
  const { layout, axes } = state.view;
  if (layout === "difference")
    return [{ key: DIFFERENCE, zoom: DIFFERENCE, entries: [], pair: pair(state) }];
  const all = entries(state);
  // Without any, there is one in which this is said.
  if (layout === "overlay" || !all.length) return [{ key: ALL, zoom: ALL, entries: all, pair: null }];
  return all.map((entry) => ({
    key: entry.key,
    zoom: axes === "shared" ? ALL : entry.key,
    entries: [entry],
    pair: null,
  }));
}

/** @param {State} state @returns {Entry[]} oldest first */
export function entries(state) {
  const shown = state.shown();
  const { group } = state.view;
  if (!group)
    return shown.map((run) => ({
      key: run.id,
      title: state.distinct(run),
      runs: [run],
      place: state.placeOf(run.id),
    }));
  return groups(shown, group).map(({ key, runs }) => ({
    key,
    title: texts.group(groupTitle({ runs }, group, state), runs.length, state.inGroup(key)),
    runs,
    place: state.placeOf(runs[0]?.id ?? ""),
  }));
}

/** @param {State} state @returns {[Run, Run] | null} those that were chosen, while both are there */
export function pair({ runs, view }) {
  const [a, b] = view.pair.map((id) => runs.get(id));
  return a && b ? [a, b] : null;
}

/** @param {State} state @param {string} chart @returns {ReadonlySet<string>} the runs that are on it now */
export function runsOn(state, chart) {
  if (chart === ALL) return state.shownIds;
  if (chart === DIFFERENCE) return new Set(state.view.pair);
  const field = fieldOf(chart);
  if (!field) return new Set([chart].filter((id) => state.shownIds.has(id)));
  const group = groups(state.shown(), field).find(({ key }) => key === chart);
  return new Set(group?.runs.map(({ id }) => id));
}
