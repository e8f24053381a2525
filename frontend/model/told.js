/**
 * Values of settings as people read them. Knows no DOM.
 * @module
 */

import { count, setting } from "../numbers.js";
import { closeup } from "../texts.js";

const texts = closeup.values;

/** Whole numbers below it stand in groups of three; of a seed that is larger each digit matters. */
const GROUPED = 1e9;

/**
 * @param {string} name of the setting
 * @param {unknown} value
 * @returns {string}
 */
export function told(name, value) {
  if (name === "pace" && value === null) return texts.fullSpeed;
  if (value === null || value === undefined || value === "") return texts.none;
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < GROUPED ? count(value) : setting(value);
  return String(value);
}
