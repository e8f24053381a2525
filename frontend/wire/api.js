/**
 * The REST calls. An answer that is a problem becomes a `Refusal`.
 * @module
 */

import * as texts from "../texts.js";
import { Turns } from "./turns.js";

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

/** @typedef {{field: string, message: string}} FieldProblem */

/** A connection that died in silence must not hold a button for ever. */
const TIMEOUT_MS = 10_000;

/** What the server would not do, and why. */
export class Refusal extends Error {
  /**
   * @param {string} detail
   * @param {FieldProblem[]} errors what is wrong, field by field
   */
  constructor(detail, errors) {
    super(detail);
    this.errors = errors;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [timeoutMs]
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
async function call(method, path, body, timeoutMs = TIMEOUT_MS) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new Refusal(texts.notice.unreachable, []);
  }
  if (answer.status === 204) return null;
  if (answer.ok && answer.headers.get("Content-Type")?.startsWith("text/")) return answer.text();
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(content.detail ?? answer.statusText, content.errors ?? []);
  return content;
}

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

/**
 * @param {string} id
 * @param {number} start the first iteration wanted
 * @param {number} stop the first one not wanted
 * @returns {Promise<import("./past.js").Measured>}
 */
export const diagnostics = (id, start, stop) =>
  call("GET", `api/runs/${id}/diagnostics?start=${start}&stop=${stop}`);

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
export const check = (relu) => call("GET", `api/relus/${relu}/check`, undefined, CHECK_TIMEOUT_MS);

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
 * @param {Record<string, unknown>} parameters
 * @returns {string} a query; what is undefined is left out
 */
const query = (parameters) =>
  new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();

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
 * @param {[string, string]} pair of ids
 * @param {number} points
 * @returns {Promise<{difference: import("../model/traces.js").History, first: number | null}>}
 */
export async function apart([a, b], points) {
  const told = await call("GET", `api/compare?${query({ a, b, points })}`);
  return { difference: history(told.difference), first: told.first_difference };
}

/**
 * @param {[string, string]} pair of ids
 * @returns {Promise<Compared>}
 */
export const compare = ([a, b]) => call("GET", `api/compare?${query({ a, b })}`);
