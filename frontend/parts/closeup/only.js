/**
 * The one value of a field: several, as a sweep has them, are none here, and the server's to refuse.
 * @module
 */

/** @typedef {import("../fields.js").Field} Field */

/**
 * @param {Field} field
 * @returns {unknown} undefined where nothing was given
 */
export function only(field) {
  const [first, ...others] = field.values();
  return others.length ? [first, ...others].join(", ") : first;
}
