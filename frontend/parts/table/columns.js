/**
 * The columns of the table: the run and its buttons always, and between them what a person has chosen,
 * or else the usual.
 * @module
 */

import { fieldNamed } from "../../model/fields.js";
import { table as texts } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../model/fields.js").Field} Field */
/** @typedef {import("../../model/fields.js").Kind} Kind */

export const USUAL = ["status", "progress", "loss", "rate"];

/** Of the columns that are always there, and the least of the run's, which takes what is left. */
const WIDTHS = { pick: "var(--pick)", run: "12rem", buttons: "var(--buttons)" };

/** Of columns that are chosen. */
const WIDTH_OF = /** @type {Record<string, string>} */ ({ 
  status: "6.4rem",
  progress: "6.6rem",
  loss: "5.6rem",
  rate: "5.6rem",
  reason: "14rem",
});
const WIDTH_OF_KIND = /** @type {Partial<Record<Kind, string>>} */ ({
  loss: "6rem",
  rate: "6rem",
  number: "5.6rem",
  count: "6rem",
  flag: "5rem",
  time: "8rem",
  tags: "9rem",
  origin: "10rem",
});
const WIDTH = "7rem";

/** Kinds that stand under each other by their digits. */
const ON_THE_RIGHT = ["loss", "rate", "number", "count", "duration"];

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} title
 * @property {Field | null} field null for a column that is always there
 * @property {string} width
 * @property {boolean} isRight
 */

/** @param {Field} field @returns {Column} */
function ofField(field) {
  const { name, kind, unit, title } = field;
  const width = WIDTH_OF[name] ?? WIDTH_OF_KIND[kind] ?? WIDTH;
  return { name, field, title: unit ? `${title} (${unit})` : title, width, isRight: ON_THE_RIGHT.includes(kind) };
}

/** @param {"pick" | "run" | "buttons"} name @returns {Column} */
const always = (name) => ({
  name,
  title: texts.columns[name],
  field: null,
  width: name === "run" ? `minmax(${WIDTHS.run}, 1fr)` : WIDTHS[name],
  isRight: false,
});

/**
 * @param {State} state
 * @param {ReadonlySet<string> | null} differing the settings that are told; null for all
 * @returns {Column[]} those that are seen, in their order
 */
export function columns({ view, catalog, readOnly }, differing) {
  const chosen = (view.columns ?? USUAL).flatMap((name) => fieldNamed(name, catalog) ?? []);
  const told = chosen.filter(({ name, isSetting }) => !isSetting || !differing || differing.has(name));
  return [always("pick"), always("run"), ...told.map(ofField), ...(readOnly ? [] : [always("buttons")])];
}

/** @param {Column[]} columns @returns {string} as CSS has the columns of a grid */
export const template = (columns) => columns.map(({ width }) => width).join(" ");

/** @param {Column[]} columns @returns {string} the least width of all together */
export const least = (columns) =>
  `calc(${columns.map(({ name, width }) => (name === "run" ? WIDTHS.run : width)).join(" + ")})`;
