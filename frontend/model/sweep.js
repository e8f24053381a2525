/**
 * A sweep: fields with several values each, of which the server makes runs. Knows no DOM.
 * @module
 */

import { setting } from "../numbers.js";

/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {Record<string, any>} Spec */

/**
 * Fields of a spec by their paths, such as `relu` or `update.lr`, each with the values that it takes
 * in turn.
 * @typedef {Record<string, unknown[]>} Grid
 */

/** Values of a range at most: more than any server trains at once, and than a page bears. */
export const MOST_VALUES = 10_000;

/** Runs that are started without asking whether they are meant. */
export const UNASKED = 200;

/**
 * Values as they are typed: parted by commas, whole numbers also as a range such as `0..7`.
 * @param {string} text
 * @param {boolean} whole whether the field takes whole numbers
 * @returns {unknown[]} numbers, and what is none as it was typed; each once. A range that is too long
 *   gives one value more than it may have
 */
export function values(text, whole) {
  const parts = text.split(",").flatMap((part) => part.trim() || []);
  return [...new Set(parts.flatMap((part) => (whole && range(part)) || [number(part)]))];
}

/** @param {string} text @returns {unknown} */
const number = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);

/** @param {string} text @returns {number[] | null} */
function range(text) {
  const [, from, to] = text.match(/^(-?\d+)\s*\.\.\s*(-?\d+)$/) ?? [];
  if (from === undefined || to === undefined) return null;
  const [first, last] = [Number(from), Number(to)];
  const length = Math.min(Math.abs(last - first), MOST_VALUES) + 1;
  return Array.from({ length }, (_, i) => (first < last ? first + i : first - i));
}

/** @param {Grid} grid @returns {number} how many runs it asks for */
export const count = (grid) =>
  Object.values(grid).reduce((product, { length }) => product * length, 1);

/**
 * @param {Spec} spec where the value is put
 * @param {string} path
 * @param {unknown} value
 */
export function put(spec, path, value) {
  const [name = path, inner] = path.split(".");
  if (inner) spec[name] = { ...spec[name], [inner]: value };
  else spec[name] = value;
}

/** @param {Spec} point values by path @returns {string} such as `where · lr 1e-6` */
export function told(point) {
  return Object.entries(point)
    .map(([path, value]) =>
      typeof value === "number" ? `${path.replace("update.", "")} ${setting(value)}` : String(value),
    )
    .join(" · ");
}

/**
 * What several rules have in common: hyperparameters of the same name. One whose default or bounds
 * are not the same in all of them has none here; left empty, it is each rule's own.
 * @param {Schema[]} schemas of the rules
 * @returns {Schema | undefined}
 */
export function common(schemas) {
  const [first, ...others] = schemas;
  if (!first || !others.length) return first;
  const properties = Object.entries(first.properties ?? {}).flatMap(([name, property]) => {
    const all = [property, ...others.flatMap((other) => other.properties?.[name] ?? [])];
    if (name === "rule" || all.length <= others.length) return [];
    if (all.every((other) => JSON.stringify(other) === JSON.stringify(property)))
      return [[name, property]];
    const kinds = all.map(kind);
    if (kinds.includes("")) return [];
    const { title = name, description = "" } = property;
    const type = kinds.every((each) => each === "integer") ? "integer" : "number";
    return [[name, { title, description, type }]];
  });
  return { properties: Object.fromEntries(properties) };
}

/** @param {Schema} schema @returns {string} `integer` or `number`; empty for what is none */
export function kind(schema) {
  const types = [schema, ...(schema.anyOf ?? [])].map(({ type }) => type);
  return ["integer", "number"].find((type) => types.includes(type)) ?? "";
}

/**
 * @param {(path: string) => unknown[]} valuesOf values of a field
 * @returns {[number, number] | null} fewest and most weights of a run; null where a size is none
 */
export function weights(valuesOf) {
  const sizes = ["d_in", "hidden", "d_out"].map((path) => valuesOf(path).map(Number));
  if (sizes.flat().some((size) => !(size >= 1) || !Number.isInteger(size))) return null;
  const [least, most] = [Math.min, Math.max].map((pick) => {
    const [d_in = 0, hidden = 0, d_out = 0] = sizes.map((size) => pick(...size));
    return hidden * (d_in + d_out);
  });
  return [least ?? 0, most ?? 0];
}
