/**
 * Links that open another run close up.
 * @module
 */

import { make } from "../../dom.js";
import { closeup as texts } from "../../texts.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../wire/api.js").Run} Run */

/**
 * @param {State} state
 * @param {Pick<Run, "id">} run
 * @param {string} text
 */
export function runLink(state, { id }, text) {
  const open = (/** @type {Event} */ event) => {
    const { ctrlKey, metaKey, shiftKey } = /** @type {MouseEvent} */ (event);
    if (ctrlKey || metaKey || shiftKey) return; // to open it in another tab is the browser's
    event.preventDefault();
    state.look({ run: id });
  };
  const run = state.runs.get(id);
  const title = texts.open(run ? state.title(run) : id.slice(0, 8));
  return make("a", { href: `?run=${id.slice(0, 8)}`, title, click: open }, text);
}
