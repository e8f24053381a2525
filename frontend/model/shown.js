/**
 * Which runs are on the charts: the newest, or those that were chosen, and no more than can be watched.
 * Knows no DOM.
 * @module
 */

import { hasCeased } from "./states.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */

/** Runs that are shown without being asked for: the newest. */
export const SHOWN_AT_FIRST = 64;

/** Runs that are watched beside those on the charts: two whose difference is seen, and one close up. */
const BESIDE = 3;

/**
 * @param {Catalog | null} catalog
 * @returns {number} runs that can be on the charts; before the catalog is there, those that are in any case
 */
export const roomFor = (catalog) => (catalog?.limits?.["watched_runs"] ?? SHOWN_AT_FIRST + BESIDE) - BESIDE;

/** @param {Run[]} runs @param {number} count @returns {Run[]} the newest of them, newest first */
export const newest = (runs, count) => [...runs].sort((a, b) => b.created_at - a.created_at).slice(0, count);

/** @param {Run[]} runs @param {number} room @returns {Run[]} those of them that can be on the charts together */
export const fitting = (runs, room) => (runs.length > room ? newest(runs, room) : runs);

/** @param {Run[]} runs @param {ReadonlySet<string>} ids @returns {boolean} whether just these are of those ids */
export const areJust = (runs, ids) => runs.length === ids.size && runs.every(({ id }) => ids.has(id));

/**
 * @param {Run[]} shown oldest first
 * @param {Run[]} fresh runs that have come
 * @param {number} room
 * @returns {Run[]} those to be shown now: with the newest that have come, in place of older ones that have
 *   come to their end
 */
export function joined(shown, fresh, room) {
  const now = [...shown];
  const most = Math.min(room, SHOWN_AT_FIRST);
  for (const run of newest(fresh, most)) {
    if (now.length >= most) {
      const old = now.findIndex((other) => hasCeased(other) && other.created_at < run.created_at);
      if (old < 0) continue;
      now.splice(old, 1);
    }
    now.push(run);
  }
  return now;
}
