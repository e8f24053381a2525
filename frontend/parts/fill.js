/**
 * The charts over the whole screen: on a projector, and to look closely.
 * @module
 */

import { make, setAttribute } from "../dom.js";
import { toolbar as texts } from "../texts.js";
import { icon } from "./icons.js";

/**
 * @param {HTMLElement} section that fills the screen
 * @returns {HTMLButtonElement}
 */
export function fill(section) {
  const isFilling = () => document.fullscreenElement === section;
  const turn = () => void (isFilling() ? document.exitFullscreen() : section.requestFullscreen());
  const label = texts.fill;
  const button = make("button", { type: "button", id: "fill", "aria-label": label, title: label, click: turn }, icon("fill"));
  // Some phones have none, and a frame in another page may not be let.
  button.hidden = !document.fullscreenEnabled;
  const told = () => setAttribute(button, "aria-pressed", String(isFilling()));
  document.addEventListener("fullscreenchange", told);
  told();
  return button;
}
