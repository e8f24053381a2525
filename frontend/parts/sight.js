/**
 * What is to be seen, brought there.
 * @module
 */

/** How much of it, of what of it fits in the window, is enough to be seen. */
const ENOUGH = 0.5;

/** @param {HTMLElement} element scrolled to, unless it is in sight */
export function bringIntoSight(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  const seen = Math.min(bottom, innerHeight) - Math.max(top, 0);
  if (seen >= ENOUGH * Math.min(height, innerHeight)) return;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: isStill ? "instant" : "smooth" });
}
