/**
 * What went wrong last, over all else until it is read.
 * @module
 */

import { byId, make, setText } from "../dom.js";
import { notice as texts } from "../texts.js";
import { icon } from "./icons.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function notice(element, state) {
  const text = make("p", { role: "alert" });
  const close = () => {
    state.set({ notice: "" });
    byId("main").focus();
  };
  element.append(
    text,
    make("button", { type: "button", "aria-label": texts.close, title: texts.close, click: close }, icon("remove")),
  );
  return () => {
    setText(text, state.notice);
    element.hidden = !state.notice;
  };
}
