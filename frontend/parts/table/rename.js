/**
 * A name changed where it stands: Enter and leaving it keep what was typed, Escape gives up.
 * @module
 */

import { table as texts } from "../../texts.js";
import { make } from "../dom.js";

/**
 * @param {HTMLElement} shown the element that has the name, which comes back
 * @param {string} name as it is; empty for none
 * @param {string} title what the run is called
 * @param {(name: string) => void} onName called where it has become another
 */
export function rename(shown, name, title, onName) {
  const input = make("input", {
    class: "rename",
    "aria-label": texts.naming(title),
    dir: "auto",
    maxlength: "200",
    autocomplete: "off",
    spellcheck: "false",
  });
  let isOver = false;
  const end = (/** @type {boolean} */ kept) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = input === document.activeElement;
    shown.hidden = false;
    if (hadFocus) shown.focus({ preventScroll: true });
    input.remove();
    if (kept && input.value.trim() !== name) onName(input.value.trim());
  };
  input.value = name;
  input.addEventListener("blur", () => end(input.isConnected));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    // Not the Enter that takes a word from an input method.
    if (event.key === "Enter" && !event.isComposing) end(true);
    else if (event.key === "Escape") end(false);
    else return;
    event.preventDefault();
  });
  shown.hidden = true;
  shown.after(input);
  input.focus({ preventScroll: true });
  input.select();
}
