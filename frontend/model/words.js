/**
 * What a run is called, by what it does. Knows no DOM.
 * @module
 */

import { setting } from "../texts.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Schema} Schema */

/** Of a setting that is not whole: 5 / 4 of 1e-6 is 1.2499999999999999e-6, which nobody has meant. */
const DIGITS = 6;

/** Told apart from the rest, or of no matter to the curve up to its end. */
const NOT_TOLD = ["name", "tags", "relu", "update", "pace", "on_nonfinite"];

/**
 * @param {Run} run
 * @param {Schema} [schema] of a spec, once the catalog is there
 * @returns {string} its ReLU, its rule and the rule's hyperparameters, and what else is not as by
 *   default
 */
export function choices({ spec }, schema) {
  const { rule, ...hyperparameters } = spec.update;
  const settings = Object.entries(hyperparameters).map(([name, value]) => told(name, value));
  const others = Object.entries(schema?.properties ?? {})
    .filter(([name, { default: usual }]) => !NOT_TOLD.includes(name) && spec[name] !== usual)
    .map(([name, { title }]) => told(label(title ?? name), spec[name]));
  return [spec["relu"], rule, ...settings, ...others].join(" · ");
}

/**
 * @param {Run} run
 * @param {Schema} [schema]
 * @returns {string} what it is called, or else what it does
 */
export const title = (run, schema) => run.spec["name"] ?? choices(run, schema);

/**
 * A number with its label; a word such as `float64` speaks for itself.
 * @param {string} label
 * @param {unknown} value
 */
function told(label, value) {
  if (typeof value !== "number") return String(value);
  return `${label} ${setting(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)))}`;
}

/** @param {string} title @returns {string} as it is written within a line: `seed`, but `H` and `D_in` */
const label = (title) => title.replace(/^[A-Z](?=[a-z]+( |$))/, (letter) => letter.toLowerCase());
