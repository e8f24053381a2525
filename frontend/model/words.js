/**
 * What a run is called, by what it does. Knows no DOM.
 * @module
 */

import { setting } from "../numbers.js";
import { valueOf } from "./fields.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {Pick<import("../wire/api.js").Catalog, "spec" | "rules">} Catalog */

/** Of a setting that is not whole: 5 / 4 of 1e-6 is 1.2499999999999999e-6, which nobody has meant. */
const DIGITS = 6;

/** @type {WeakMap<object, {catalog: Catalog | null | undefined, told: string}>} By spec, which is never changed but replaced. */
const known = new WeakMap();

/** Told apart from the rest, or of no matter to the curve up to its end. */
const NOT_TOLD = ["name", "tags", "relu", "update", "pace", "on_nonfinite", "diagnostics_every"];

/**
 * @param {Run} run
 * @param {Catalog | null} [catalog] once it is there
 * @returns {string} its ReLU, its rule, its learning rate, and what else is not as by default
 */
export function choices({ spec }, catalog) {
  const before = known.get(spec);
  if (before && before.catalog === catalog) return before.told;
  const told = choicesOf(spec, catalog);
  known.set(spec, { catalog, told });
  return told;
}

/** @param {Run["spec"]} spec @param {Catalog | null} [catalog] */
function choicesOf(spec, catalog) {
  const { rule, lr, ...others } = spec.update;
  const rate = lr === undefined ? [] : [told("lr", lr)];
  const schema = catalog?.rules.find(({ name }) => name === rule)?.schema;
  const differing = Object.entries(catalog?.spec.properties ?? {})
    .filter(([name, { default: usual }]) => !NOT_TOLD.includes(name) && spec[name] !== usual)
    .map(([name, { title }]) => told(label(title ?? name), spec[name]));
  return [spec["relu"], rule, ...rate, ...changes(others, schema), ...differing].join(" · ");
}

/**
 * @param {Run} run
 * @param {Iterable<import("./fields.js").Field>} fields
 * @returns {string} these of its settings, and no others
 */
export function settings(run, fields) {
  return [...fields]
    .flatMap(({ name, title }) => {
      const value = valueOf(run, name);
      if (value === undefined || value === null || value === "") return [];
      return told(name === "lr" ? name : label(name.startsWith("update.") ? name.slice(7) : title), value);
    })
    .join(" · ");
}

/**
 * @param {Record<string, unknown>} hyperparameters
 * @param {Schema} [schema] of their rule
 * @returns {string[]} those that are given and not as by default
 */
export function changes(hyperparameters, schema) {
  return Object.entries(schema?.properties ?? {})
    .filter(([name, { default: usual }]) => ![undefined, usual].includes(hyperparameters[name]))
    .map(([name]) => told(name, hyperparameters[name]));
}

/** Where a name goes on in another line. */
const BREAKS = /\s*[\n\r\u2028\u2029]\s*/gu;

/**
 * @param {Run} run
 * @param {Catalog | null} [catalog]
 * @returns {string} what it is called, in one line, or else what it does
 */
export const title = (run, catalog) => run.spec["name"]?.replace(BREAKS, " ") ?? choices(run, catalog);

/**
 * A number with its label; a word such as `float64` speaks for itself.
 * @param {string} label
 * @param {unknown} value
 */
export function told(label, value) {
  if (typeof value === "boolean") return value ? label : `no ${label}`;
  if (typeof value !== "number") return String(value);
  return `${label} ${setting(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)))}`;
}

/** @param {string} title @returns {string} as it is written within a line: `seed`, but `H` and `D_in` */
const label = (title) => title.replace(/^[A-Z](?=[a-z]+( |$))/, (letter) => letter.toLowerCase());
