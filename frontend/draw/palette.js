/**
 * Colours and dashes of curves. After the last colour comes the first again, dashed otherwise. What
 * the colours are, by day and by night, stands in style/base.css.
 * @module
 */

/**
 * @typedef {object} Style
 * @property {string} colour the property of style/base.css that has it
 * @property {string} dash `solid`, or lengths of strokes and gaps in pixels
 */

const COLOURS = 8;
const DASHES = ["solid", "8px,4px", "2px,3px", "8px,3px,2px,3px", "14px,5px", "14px,3px,2px,3px"];

/**
 * @param {number} place
 * @returns {Style}
 */
export function style(place) {
  const round = Math.floor(place / COLOURS);
  return { colour: `--curve-${place % COLOURS}`, dash: DASHES[round % DASHES.length] ?? "solid" };
}
