/**
 * Values of settings as people read them. Knows no DOM.
 * @module
 */

import { setting } from "../numbers.js";
import { closeup } from "../texts.js";

const texts = closeup.values;

/**
 * @param {string} name of the setting
 * @param {unknown} value
 * @returns {string}
 */
export function told(name, value) {
  if (name === "pace" && value === null) return texts.fullSpeed;
  if (value === null || value === undefined || value === "") return texts.none;
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (typeof value === "number") return setting(value);
  return String(value);
}
