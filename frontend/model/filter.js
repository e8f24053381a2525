/**
 * The language of the table's filter: terms between blanks, all of which must hold. A term is a field
 * with what it must be (`relu:clamp,relu`, `lr<1e-5`, `seed!=3`), or else a text that is looked for in
 * name, tags, choices and id; a `-` before it denies it, and quotes keep blanks within it. Knows no
 * DOM.
 * @module
 */

import { filter as texts } from "../texts.js";
import { fieldNamed, isMeasured, valueOf } from "./fields.js";
import * as words from "./words.js";

/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("./fields.js").Field} Field */
/** @typedef {(run: Run) => boolean} Test */

/**
 * @typedef {object} Filter
 * @property {Test} passes
 * @property {string[]} problems what makes no sense of it, in words; that filters nothing
 */

/** A field's name, a comparison, and what is on its right. */
const TERM = /^([A-Za-z][\w.]*)(!=|<=|>=|[:=<>])(.*)$/su;

/** Two numbers that differ by less were meant to be the same: 5e-7 and 0.0000005. */
const ALIKE = 1e-9;

/** @type {Record<string, boolean>} */
const YES_AND_NO = { yes: true, true: true, 1: true, no: false, false: false, 0: false };

/** @type {Record<string, (a: number, b: number) => boolean>} */
const COMPARE = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/**
 * @param {string} text
 * @param {Catalog | null} catalog
 * @returns {Filter}
 */
export function filter(text, catalog) {
  /** @type {string[]} */
  const problems = [];
  const tests = split(text).flatMap((term) => {
    try {
      return test(term, catalog);
    } catch (error) {
      if (!(error instanceof Senseless)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  return { passes: (run) => tests.every((holds) => holds(run)), problems };
}

/** What makes no sense, in words. */
class Senseless extends Error {}

/**
 * @typedef {object} Term
 * @property {string} text without its quotes
 * @property {boolean} isQuoted whether all of it was in quotes: then it is no field
 * @property {boolean} isDenied
 */

/** @param {string} text @returns {Term[]} its terms; a quote that is not closed goes to the end */
function split(text) {
  const found = text.matchAll(/(-?)((?:"[^"]*(?:"|$)|[^\s"])+)/gu);
  return [...found].flatMap(([, minus = "", written = ""]) => {
    const isQuoted = /^"[^"]*"?$/u.test(written);
    const bare = written.replaceAll('"', "");
    return bare ? [{ text: bare, isQuoted, isDenied: minus !== "" }] : [];
  });
}

/** @param {Term} term @param {Catalog | null} catalog @returns {Test} @throws {Senseless} */
function test({ text, isQuoted, isDenied }, catalog) {
  const [, name, comparison, wanted] = (!isQuoted && TERM.exec(text)) || [];
  const holds =
    name === undefined || comparison === undefined || wanted === undefined
      ? contains(text, catalog)
      : compared(name, comparison, wanted, catalog);
  return isDenied ? (run) => !holds(run) : holds;
}

/** @param {string} text @param {Catalog | null} catalog @returns {Test} */
function contains(text, catalog) {
  const wanted = text.toLowerCase();
  return (run) => told(run, catalog).includes(wanted);
}

/**
 * By spec, which is never changed but replaced.
 * @type {WeakMap<object, {catalog: Catalog | null, text: string}>}
 */
const known = new WeakMap();

/** @param {Run} run @param {Catalog | null} catalog @returns {string} what is said of it, in lower case */
function told(run, catalog) {
  const before = known.get(run.spec);
  if (before && before.catalog === catalog) return before.text;
  const { name, tags = [] } = run.spec;
  const text = [name ?? "", ...tags, words.choices(run, catalog), run.id].join("\n").toLowerCase();
  known.set(run.spec, { catalog, text });
  return text;
}

/**
 * @param {string} name
 * @param {string} comparison
 * @param {string} wanted
 * @param {Catalog | null} catalog
 * @returns {Test}
 * @throws {Senseless}
 */
function compared(name, comparison, wanted, catalog) {
  const field = fieldNamed(name, catalog);
  if (!field) {
    if (!catalog) return () => true; // it may be one of the catalog's, which is on its way
    throw new Senseless(texts.noField(name));
  }
  if (!wanted) throw new Senseless(texts.noValue(name + comparison));
  const compare = COMPARE[comparison];
  if (compare) return measured(field, compare, wanted);
  const tests = wanted.split(",").filter(Boolean).map((value) => equals(field, value, catalog));
  const any = (/** @type {Run} */ run) => tests.some((holds) => holds(run));
  return comparison === "!=" ? (run) => !any(run) : any;
}

/**
 * @param {Field} field
 * @param {(a: number, b: number) => boolean} compare
 * @param {string} wanted
 * @returns {Test} which does not hold where there is nothing to compare
 * @throws {Senseless}
 */
function measured(field, compare, wanted) {
  if (!isMeasured(field.kind)) throw new Senseless(texts.noMore(field.title));
  const bound = number(field, wanted);
  return (run) => {
    const value = valueOf(run, field.name);
    return value !== null && value !== undefined && compare(Number(value), bound);
  };
}

/**
 * @param {Field} field
 * @param {string} wanted
 * @param {Catalog | null} catalog
 * @returns {Test}
 * @throws {Senseless}
 */
function equals(field, wanted, catalog) {
  const { name, kind } = field;
  if (isMeasured(kind)) {
    const bound = number(field, wanted);
    return (run) => {
      const value = valueOf(run, name);
      return value !== null && value !== undefined && isAlike(Number(value), bound);
    };
  }
  const lower = wanted.toLowerCase();
  if (kind === "flag") {
    const flag = Object.hasOwn(YES_AND_NO, lower) ? YES_AND_NO[lower] : undefined;
    if (flag === undefined) throw new Senseless(texts.noFlag(wanted));
    return (run) => Boolean(valueOf(run, name)) === flag;
  }
  if (name === "name") return (run) => words.title(run, catalog).toLowerCase().includes(lower);
  if (kind === "id") return (run) => run.id.startsWith(lower);
  if (kind === "origin") return (run) => run.forked_from?.id.startsWith(lower) ?? false;
  if (kind === "sweep")
    return ({ sweep }) => sweep?.id.startsWith(lower) || sweep?.name?.toLowerCase().includes(lower) || false;
  const told = (/** @type {Run} */ run) => String(valueOf(run, name) ?? "").toLowerCase();
  if (kind === "text") return (run) => told(run).includes(lower);
  if (kind !== "tags") return (run) => told(run) === lower;
  return (run) => valueOf(run, name)?.some((/** @type {string} */ tag) => tag.toLowerCase() === lower) ?? false;
}

/** @param {number} a @param {number} b */
const isAlike = (a, b) =>
  Object.is(a, b) ||
  (Number.isFinite(a - b) && Math.abs(a - b) <= ALIKE * Math.max(Math.abs(a), Math.abs(b)));

/** @param {Field} field @param {string} text @returns {number} @throws {Senseless} where it is none */
function number(field, text) {
  const word = text.toLowerCase().replace(/^\+?inf$/u, "infinity").replace(/^-inf$/u, "-infinity");
  if (word === "nan") return NaN;
  if (/^-?infinity$/u.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  const isTime = field.kind === "time";
  const value = isTime ? Date.parse(text) / 1000 : text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (Number.isNaN(value)) throw new Senseless(texts.noNumber(field.title, text, isTime));
  return value;
}
