/**
 * What leaves the page: files that are saved, and text that is copied.
 * @module
 */

import { make } from "../dom.js";

/** Until what was saved is freed: a browser may ask where to, first. */
const FREED_MS = 60_000;

/** @param {Blob} blob @param {string} name of the file */
export function save(blob, name) {
  const href = URL.createObjectURL(blob);
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), FREED_MS);
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it has been copied
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text); // without TLS, a page of another machine has no clipboard
  }
}

/** @param {string} text */
function copiedByHand(text) {
  const field = make("textarea", { class: "unseen", "aria-hidden": "true", readonly: true });
  field.value = text;
  document.body.append(field);
  const before = document.activeElement;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
