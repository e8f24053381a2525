/**
 * The REST calls about what runs have come to: their losses and when they came, what was measured
 * beside them, and how far two are apart.
 * @module
 */

import * as texts from "../texts.js";
import { call, query, Refusal } from "./call.js";

/** @typedef {import("../numbers.js").Told} Told */

/** @typedef {{iteration: number, a: Told, b: Told, difference: Told}} Difference */

/**
 * Two runs in the iterations that both have.
 * @typedef {object} Compared
 * @property {number} compared
 * @property {boolean} equal
 * @property {number | null} first_difference
 * @property {Difference | null} largest_absolute
 * @property {Difference | null} largest_relative
 * @property {Difference | null} largest_ulp
 * @property {string} why
 */

/**
 * @param {string} id
 * @param {{points: number, start?: number, stop?: number, smoothing?: number}} wanted
 * @returns {Promise<import("../model/traces.js").History>} a stretch of its losses, or of their average
 */
export async function overview(id, wanted) {
  return history(await call("GET", `api/runs/${id}/losses?${query(wanted)}`));
}

/**
 * @param {string} id
 * @param {number} start
 * @param {number} stop
 * @returns {Promise<Float64Array>} all losses of a stretch
 * @throws {Refusal}
 */
export async function losses(id, start, stop) {
  const answer = await fetch(`api/runs/${id}/losses?${query({ format: "npy", start, stop })}`).catch(() => null);
  if (!answer) throw new Refusal(texts.notice.unreachable, []);
  if (!answer.ok) throw new Refusal(answer.statusText, []);
  const file = await answer.arrayBuffer();
  // The format's head says how long it is; the values follow, as this machine has them, too.
  return new Float64Array(file.slice(10 + new DataView(file).getUint16(8, true)));
}

/** @param {any} told an overview, as the server tells it @returns {import("../model/traces.js").History} */
function history(told) {
  return {
    start: told.start,
    stop: told.stop,
    every: told.every,
    at: told.iterations,
    values: told.losses.map(Number),
    means: told.means.map(Number),
    spans: told.spans.map((/** @type {[number, number, string]} */ [start, stop, value]) => ({ start, stop, value: Number(value) })),
    notFinite: new Map(Object.entries(told.not_finite).map(([value, times]) => [Number(value), Number(times)])),
    notPositive: told.not_positive,
    last: told.last ? { value: Number(told.last.value), finite: told.last.finite } : null,
  };
}

/**
 * @param {string} id
 * @returns {Promise<{iterations: number[], at: number[]}>} counts of iterations, and when so many were done
 */
export const times = (id) => call("GET", `api/runs/${id}/times`);

/**
 * @param {string} id
 * @param {number} start the first iteration wanted
 * @param {number} stop the first one not wanted
 * @returns {Promise<import("./past.js").Measured>}
 */
export const diagnostics = (id, start, stop) =>
  call("GET", `api/runs/${id}/diagnostics?${query({ start, stop })}`);

/**
 * @param {[string, string]} pair of ids
 * @param {{points: number, start?: number, stop?: number}} wanted
 * @returns {Promise<{difference: import("../model/traces.js").History, first: number | null}>}
 */
export async function apart([a, b], wanted) {
  const told = await call("GET", `api/compare?${query({ a, b, ...wanted })}`);
  return { difference: history(told.difference), first: told.first_difference };
}

/**
 * @param {[string, string]} pair of ids
 * @returns {Promise<Compared>}
 */
export const compare = ([a, b]) => call("GET", `api/compare?${query({ a, b })}`);
