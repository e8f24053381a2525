/**
 * That this page follows another, and whether that one is there.
 * @module
 */

import { make, setText } from "../dom.js";
import { presenting as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function following(element, state) {
  if (!state.view.follow) return () => {};
  const told = make("span", { "aria-live": "polite" });
  const leave = make("a", { href: "./" }, texts.leave);
  element.append(make("p", { class: "following" }, told, leave));
  return () => setText(told, texts.following(state.view.follow, state.followed?.live ?? null));
}
