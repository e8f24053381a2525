/**
 * A run's name changed where it stands: Enter and leaving it keep what was typed, Escape gives up.
 * @module
 */

import { make } from "../dom.js";
import { table as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */

/**
 * @param {Run} run
 * @param {object} where
 * @param {State} where.state
 * @param {import("./table/table.js").OnIntent} where.onIntent
 * @param {HTMLElement} where.shown the element that has the name, which comes back
 * @param {HTMLElement} [where.back] what gets the focus then; else that element
 * @returns {() => void} what gives it up
 */
export function rename(run, { state, onIntent, shown, back = shown }) {
  /** @type {string} */
  const name = run.spec["name"] ?? "";
  const input = make("input", {
    class: "rename",
    "aria-label": texts.naming(state.title(run)),
    placeholder: state.choices(run),
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
    input.remove();
    if (hadFocus) back.focus({ preventScroll: true });
    const typed = input.value.trim();
    if (kept && typed !== name) onIntent("rename", [run.id], { name: typed });
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
  return () => end(false);
}
