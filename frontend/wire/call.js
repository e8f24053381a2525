/**
 * One call of the REST interface. An answer that is a problem becomes a `Refusal`.
 * @module
 */

import * as texts from "../texts.js";

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
 * @param {{timeoutMs?: number, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export async function call(method, path, body, { timeoutMs = TIMEOUT_MS, headers = {} } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new Refusal(texts.notice.unreachable, []);
  }
  if (answer.status === 204) return null;
  const isText = answer.headers.get("Content-Type")?.startsWith("text/");
  const content = await (answer.ok && isText ? answer.text() : answer.json()).catch(() => null);
  if (!answer.ok) throw new Refusal(content?.detail ?? answer.statusText, content?.errors ?? []);
  if (content === null) throw new Refusal(texts.notice.unreachable, []); // cut off on its way
  return content;
}

/**
 * @param {Record<string, unknown>} parameters
 * @returns {string} a query; what is undefined is left out
 */
export const query = (parameters) =>
  new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
