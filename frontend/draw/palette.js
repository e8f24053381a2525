/**
 * Colours and dashes of curves. The colours are those of Okabe and Ito, told apart by people with
 * every common kind of colour vision; after the last comes the first again, dashed otherwise.
 * @module
 */

const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#8f7f00",
  "#7a7a7a",
];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

/**
 * @param {number} place
 * @returns {{colour: string, dash: string}}
 */
export function style(place) {
  const round = Math.floor(place / COLOURS.length);
  return {
    colour: COLOURS[place % COLOURS.length] ?? "#7a7a7a",
    dash: DASHES[round % DASHES.length] ?? "solid",
  };
}
