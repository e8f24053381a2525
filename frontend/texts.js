/**
 * Numbers and words as people read them. Knows no DOM and no state.
 * @module
 */

/**
 * A number as the server tells it: one that is not finite comes as a string.
 * @typedef {number | "NaN" | "Infinity" | "-Infinity"} Told
 */

/**
 * @param {number} value
 * @returns {string} a loss, to four digits
 */
export function loss(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+inf" : "-inf";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(3) : value.toPrecision(4);
}

/** Made once: `toLocaleString` makes one anew at each call. */
const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/**
 * @param {number} value
 * @returns {string} a whole number, in groups of three
 */
export function count(value) {
  return GROUPED.format(value);
}

/**
 * @param {number | null} rate iterations per second
 * @returns {string}
 */
export function rate(rate) {
  if (rate === null) return "";
  return `${rate >= 10 ? count(rate) : rate.toPrecision(2)} it/s`;
}

/**
 * @param {number} seconds
 * @returns {string} an age, to the precision that its size asks for
 */
export function age(seconds) {
  const ms = Math.max(0, Math.round(seconds * 1000));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/**
 * @param {number} value
 * @returns {string} a hyperparameter, as short as it can be written
 */
export function setting(value) {
  const short = String(value);
  const exponential = value.toExponential();
  return (exponential.length < short.length ? exponential : short).replace("e+", "e");
}

/** A bound this far off is that of the numbers themselves: nobody runs into it. */
const FAR = 1e30;

/**
 * @param {import("./wire/api.js").Schema} schema
 * @returns {string} the bounds and the default of a number, as a sentence; empty for what is none
 */
export function limits(schema) {
  const kinds = [schema, ...(schema.anyOf ?? [])];
  const number = kinds.find(({ type }) => type === "number" || type === "integer");
  if (!number) return "";
  const bound = (/** @type {string} */ word, /** @type {number | undefined} */ value) =>
    value === undefined || Math.abs(value) > FAR ? [] : [`${word} ${setting(value)}`];
  const bounds = [
    ...bound("above", number.exclusiveMinimum),
    ...bound("at least", number.minimum),
    ...bound("below", number.exclusiveMaximum),
    ...bound("at most", number.maximum),
  ]
    .join(", ")
    .replace(/^at least (.*), at most /, "$1 to ");
  const usual = typeof schema.default === "number" ? `${setting(schema.default)} by default` : "";
  const sentence = [bounds, usual].filter(Boolean).join("; ");
  return sentence && `${sentence[0]?.toUpperCase()}${sentence.slice(1)}.`;
}

/**
 * @param {string} told why a run has ended, in the server's words
 * @returns {string} in the page's
 */
export function reason(told) {
  return told.replace(/-?\bInfinity\b/g, (word) => loss(Number(word)));
}

/**
 * @param {string} problem why runs cannot be stored, in the server's words
 * @returns {string}
 */
export function notStored(problem) {
  return `not stored: ${problem}`;
}

/**
 * @param {string} text
 * @param {number} length
 * @returns {string} its beginning, where it is longer
 */
export function shortened(text, length) {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}

/**
 * @param {number} runs
 * @returns {string} that the server, found again, does not have so many runs any more
 */
export function vanished(runs) {
  const what = runs === 1 ? "1 run is" : `${count(runs)} runs are`;
  return `${what} no longer on the server: deleted, or lost when it was restarted.`;
}
