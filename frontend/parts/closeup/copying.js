/**
 * Buttons that copy a text, and say that they have.
 * @module
 */

import { closeup as texts } from "../../texts.js";
import { make, setText } from "../dom.js";

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

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

/**
 * Where the page is not on a secure address, there is no other way.
 * @param {string} text
 */
function copiedByHand(text) {
  const focused = document.activeElement;
  const area = make("textarea", { class: "unseen", "aria-hidden": "true", readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
