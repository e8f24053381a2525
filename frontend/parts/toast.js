/**
 * A short word on what has been done, which goes by itself.
 * @module
 */

import { make, setText } from "../dom.js";

/** Long enough to be read, and heard. */
const SEEN_MS = 4000;

const element = make("p", { id: "toast", "aria-live": "polite" });
let going = 0;

/** Before it has anything to say: what is not there yet is not read aloud. */
export function toast() {
  document.body.append(element);
}

/** @param {string} text */
export function say(text) {
  clearTimeout(going);
  setText(element, text);
  going = window.setTimeout(() => setText(element, ""), SEEN_MS);
}
