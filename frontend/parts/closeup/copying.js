/**
 * Buttons that copy a text, and say that they have.
 * @module
 */

import { make, setText } from "../../dom.js";
import { closeup as texts } from "../../texts.js";
import { copied } from "../files.js";

/** How long it is said. */
const SAID_MS = 1600;

/**
 * @param {string} label
 * @param {() => string} text that is copied
 * @returns {HTMLButtonElement}
 */
export function copyButton(label, text) {
  const said = make("span", { "aria-live": "polite" }, label);
  let timer = 0;
  const click = async () => {
    setText(said, (await copied(text())) ? texts.copied : texts.notCopied);
    clearTimeout(timer);
    timer = window.setTimeout(() => setText(said, label), SAID_MS);
  };
  return make("button", { type: "button", class: "copy", click: () => void click() }, said);
}
