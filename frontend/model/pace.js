/**
 * A pace on a slider: each place a twentieth of a decade from 1 iteration a second on, full speed at
 * the end. Knows no DOM.
 * @module
 */

const PER_DECADE = 20;
const DECADES = 4;

/** The last place that is a pace; past it comes full speed, which is caught two places early. */
const LAST = PER_DECADE * DECADES;
export const PLACES = LAST + 3;

/** @param {number} place @returns {number | null} iterations a second, to two digits; null is full speed */
export function paceAt(place) {
  return place > LAST ? null : Number((10 ** (place / PER_DECADE)).toPrecision(2));
}

/** @param {number | null} pace @returns {number} the place that is nearest to it */
export function placeOf(pace) {
  if (pace === null) return PLACES;
  return Math.min(LAST, Math.max(0, Math.round(PER_DECADE * Math.log10(pace))));
}
