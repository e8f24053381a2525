/**
 * The REST calls about runs and the catalog; curves.js has those about what they have come to.
 * @module
 */

import { call } from "./call.js";
import { Turns } from "./turns.js";

export { Refusal } from "./call.js";

/** @typedef {import("./call.js").FieldProblem} FieldProblem */

/** @typedef {import("../numbers.js").Told} Told */

/**
 * @typedef {object} Run
 * @property {string} id
 * @property {Record<string, any> & {update: Record<string, any> & {rule: string}}} spec
 * @property {string} status
 * @property {number} iteration
 * @property {Told | null} loss
 * @property {Told | null} min_loss
 * @property {number | null} rate
 * @property {number} created_at
 * @property {number | null} started_at
 * @property {number | null} ended_at
 * @property {string | null} reason
 * @property {boolean} pinned whether it is kept, however many come after it
 * @property {string | null} worker
 * @property {Record<string, string | number | boolean> | null} environment what, beside the spec, decides its bits
 * @property {{id: string, iteration: number} | null} forked_from and the first iteration that is its own
 * @property {{id: string, name: string | null, place: number, point: Record<string, unknown>} | null} sweep
 *   that it is of, with its place among the runs there, and its values of the fields that have several
 */

/** @typedef {{name: string, title: string, formula: string, code: string, help: string}} Relu */

/**
 * @typedef {object} Preset
 * @property {string} name
 * @property {string} title
 * @property {string} help
 * @property {Record<string, any>} spec
 * @property {Record<string, unknown[]>} grid fields by their paths, with the values that each takes in
 *   turn; empty for a single run
 */

/**
 * Value and slope of a ReLU, as the server has measured them.
 * @typedef {object} Curve
 * @property {string} torch its version
 * @property {string | null} error why there is none; then all else is null
 * @property {number[] | null} h
 * @property {Told[] | null} value
 * @property {Told[] | null} slope
 * @property {Told | null} slope_at_0
 * @property {Told | null} value_at_nan
 * @property {string | null} kink what is worth a word, in a sentence
 */

/**
 * @typedef {object} Catalog
 * @property {Relu[]} relus
 * @property {{name: string, help: string, schema: Schema}[]} rules
 * @property {{name: string, help: string}[]} gradients
 * @property {{name: string, title: string}[]} devices
 * @property {{name: string}[]} dtypes
 * @property {{number: number, name: string, title: string, help: string, unit: string | null}[]} channels
 * @property {Preset[]} presets
 * @property {Record<string, number>} limits
 * @property {Record<string, string>} versions
 * @property {Schema} spec
 */

/**
 * The part of JSON Schema that the form reads.
 * @typedef {object} Schema
 * @property {Record<string, Schema>} [properties]
 * @property {string} [title]
 * @property {string} [description]
 * @property {string} [unit]
 * @property {string} [type]
 * @property {any} [default]
 * @property {string[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [exclusiveMinimum]
 * @property {number} [exclusiveMaximum]
 */

/** @returns {Promise<Catalog>} */
export const catalog = () => call("GET", "api/catalog");

/**
 * @param {string} relu
 * @returns {Promise<Curve>}
 */
export const curve = (relu) => call("GET", `api/relus/${encodeURIComponent(relu)}/curve`);

/**
 * @param {Record<string, unknown>} spec
 * @returns {Promise<Run>}
 */
export const create = (spec) => call("POST", "api/runs", spec);

/** Many runs take a while to be made, and to be stored. */
const SWEEP_TIMEOUT_MS = 60_000;

/**
 * @param {Record<string, unknown>} base what is the same in all runs
 * @param {Record<string, unknown[]>} grid the values that fields take in turn, by their paths
 * @returns {Promise<{id: string, runs: string[]}>}
 */
export const createAll = (base, grid) => call("POST", "api/sweeps", { base, grid }, { timeoutMs: SWEEP_TIMEOUT_MS });

/**
 * @param {string} id
 * @param {"pause" | "resume" | "stop"} verb
 * @returns {Promise<Run>}
 */
export const ask = (id, verb) => call("POST", `api/runs/${id}/${verb}`);

/**
 * @param {string} id
 * @param {number} iterations
 * @returns {Promise<Run>}
 */
export const step = (id, iterations) => call("POST", `api/runs/${id}/step`, { iterations });

const changes = new Turns();

/**
 * @param {string} id
 * @param {Record<string, unknown>} fields
 * @returns {Promise<Run>}
 */
export const change = (id, fields) => changes.take(id, () => call("PATCH", `api/runs/${id}`, fields));

/**
 * Change its tags from what they are then: what the page was told of them may be older than what it
 * has asked for since.
 * @param {string} id
 * @param {(tags: string[]) => string[]} edit
 * @returns {Promise<Run>}
 */
export const retag = (id, edit) =>
  changes.take(id, async () => {
    const { spec } = await call("GET", `api/runs/${id}`);
    return call("PATCH", `api/runs/${id}`, { tags: edit(spec.tags) });
  });

/**
 * @param {string} id
 * @returns {Promise<null>}
 */
export const remove = (id) => call("DELETE", `api/runs/${id}`);

/**
 * @param {string} id
 * @param {Record<string, unknown>} wanted where it begins, how many, and what is another in them
 * @returns {Promise<{runs: Run[]}>}
 */
export const fork = (id, wanted) => call("POST", `api/runs/${id}/fork`, wanted);

/**
 * @param {string} id
 * @returns {Promise<Run>}
 */
export const replay = (id) => call("POST", `api/runs/${id}/replay`);

/**
 * @param {string} id
 * @returns {Promise<{events: import("../model/events.js").Event[]}>}
 */
export const events = (id) => call("GET", `api/runs/${id}/events`);

/** @param {string} id @returns {string} the address of the run as a plain script */
export const scriptUrl = (id) => `api/runs/${id}/script`;

/** @param {string} id @returns {Promise<string>} */
export const script = (id) => call("GET", scriptUrl(id));

/** Checks follow each other on the server, and each measures for a while. */
const CHECK_TIMEOUT_MS = 60_000;

/** @typedef {{call_s: Told, ratio: Told, lowest: Told, highest: Told}} Cost */

/**
 * What an implementation does on the server's torch.
 * @typedef {object} Check
 * @property {string} relu
 * @property {string} torch
 * @property {string} dtype
 * @property {string | null} error
 * @property {{h: Told, value: Told, slope: Told}[] | null} points
 * @property {string | null} kink
 * @property {{passed: boolean, reason: string | null} | null} gradcheck
 * @property {{passed: boolean, reason: string | null} | null} gradgradcheck
 * @property {{forward: Cost, backward: Cost, rounds: number} | null} timing
 */

/** @param {string} relu @returns {Promise<Check>} */
export const check = (relu) => call("GET", `api/relus/${relu}/check`, undefined, { timeoutMs: CHECK_TIMEOUT_MS });
