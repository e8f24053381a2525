/**
 * The few pictures on buttons, drawn here so that they look the same everywhere.
 * @module
 */

const PATHS = {
  play: "M4 2l10 6-10 6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  step: "M3 2l7 6-7 6zM11 2h3v12h-3z",
  stop: "M3 3h10v10H3z",
  fast: "M1 2l7 6-7 6zM8 2l7 6-7 6z",
  slow: "M2 7h3v2H2zM6.500 7h3v2h-3zM11 7h3v2h-3z",
  remove: "M3 4.400L4.400 3 8 6.600 11.600 3 13 4.400 9.400 8 13 11.600 11.600 13 8 9.400 4.400 13 3 11.600 6.600 8z",
};

/** @typedef {keyof typeof PATHS} Icon */

/**
 * @param {Icon} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
