/**
 * The order of runs by one field. What is not finite is worse than any number, so it comes after all
 * of them, or before them where the worst is asked for first; what is missing comes last either way.
 * Knows no DOM.
 * @module
 */

import { valueOf } from "./fields.js";

/** @typedef {import("../wire/api.js").Run} Run */

/** What a run is sorted by: first its rank, then a number or a text. @typedef {[number, number | string]} Key */

const [FINITE, INFINITE, NOT_A_NUMBER, MISSING] = [0, 1, 2, 3];

/** Numbers within texts count as numbers: `run 9` comes before `run 10`. */
const WORDS = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * @param {string} sort the name of a field, with a `-` for descending; empty for the newest first
 * @returns {{name: string, descending: boolean}}
 */
export function parsed(sort) {
  if (!sort) return { name: "created_at", descending: true };
  return { name: sort.replace(/^-/, ""), descending: sort.startsWith("-") };
}

/**
 * @param {string} sort as it is
 * @param {string} name of the field that is asked for
 * @returns {string} ascending first, then descending, then as at first
 */
export function next(sort, name) {
  if (sort === name) return `-${name}`;
  return sort === `-${name}` ? "" : name;
}

/** An order of runs, which remembers what it has looked up until it is told that a run has changed. */
export class Order {
  /** @type {Map<string, Key>} */
  #keys = new Map();
  #name;
  #sign;
  #title;

  /**
   * @param {string} sort
   * @param {(run: Run) => string} title what a run is called
   */
  constructor(sort, title) {
    const { name, descending } = parsed(sort);
    this.#name = name;
    this.#sign = descending ? -1 : 1;
    this.#title = title;
  }

  /** @param {string} id of a run that has changed */
  forget(id) {
    this.#keys.delete(id);
  }

  /**
   * @param {Run} a
   * @param {Run} b
   * @returns {number} below 0 where `a` comes first; of runs that are alike the newest does
   */
  compare = (a, b) => {
    const [[rankA, valueA], [rankB, valueB]] = [this.#key(a), this.#key(b)];
    if (rankA !== rankB)
      return (rankA === MISSING || rankB === MISSING ? 1 : this.#sign) * (rankA - rankB);
    const apart =
      typeof valueA === "string" ? WORDS.compare(valueA, String(valueB)) : valueA - Number(valueB);
    return this.#sign * apart || b.created_at - a.created_at;
  };

  /** @param {Run} run @returns {Key} */
  #key(run) {
    let key = this.#keys.get(run.id);
    if (!key) {
      key = keyOf(this.#name === "name" ? this.#title(run) : valueOf(run, this.#name));
      this.#keys.set(run.id, key);
    }
    return key;
  }
}

/** @param {any} value of a field @returns {Key} */
export function keyOf(value) {
  if (value === null || value === undefined || value.length === 0) return [MISSING, 0];
  if (typeof value === "boolean") return [FINITE, Number(value)];
  const number = ["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value;
  if (Number.isNaN(number)) return [NOT_A_NUMBER, 0];
  if (number === Infinity || number === -Infinity) return [INFINITE, Math.sign(number)];
  if (typeof number === "number") return [FINITE, number];
  if (Array.isArray(value)) return [FINITE, value.join(" ")];
  return [FINITE, typeof value === "object" ? String(value.id) : String(value)];
}
