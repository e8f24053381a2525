/**
 * The run as one plain PyTorch script, to be read, copied and saved.
 * @module
 */

import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { make, setAttribute, setText } from "../dom.js";
import { copyButton } from "./copying.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */

const texts = closeup.script;

/**
 * @param {State} state
 * @returns {Part}
 */
export function script(state) {
  const code = make("code");
  const text = make("pre", { tabindex: "0", role: "region", "aria-label": texts.label }, code);
  const note = make("p", { class: "help", "aria-live": "polite" }, texts.help);
  const download = make("a", { class: "button", download: "" }, texts.download);
  const tools = make("div", { class: "buttons" }, copyButton(closeup.copy, () => code.textContent ?? ""), download);
  /** What is shown, or asked for: which run, and how it was. */
  let key = "";
  const ask = async (/** @type {Run} */ run, /** @type {string} */ wanted) => {
    if (!code.textContent) setText(note, texts.loading);
    try {
      const written = await api.script(run.id);
      if (key !== wanted) return;
      setText(code, written);
      setText(note, texts.help);
    } catch (error) {
      if (key !== wanted) return;
      setText(note, error instanceof Error ? error.message : String(error));
      if (!state.isCurrent) key = ""; // to ask again once it is
    }
    [tools.hidden, text.hidden] = [!code.textContent, !code.textContent];
  };
  return {
    element: make("div", { class: "script" }, note, tools, text),
    render: (run) => {
      const wanted = `${run.id} ${changes(state, run)}`;
      if (wanted === key || !state.isCurrent) return;
      if (!key.startsWith(run.id)) {
        setText(code, "");
        [tools.hidden, text.hidden] = [true, true];
      }
      key = wanted;
      setAttribute(download, "href", api.scriptUrl(run.id));
      void ask(run, wanted);
    },
  };
}

/**
 * @param {State} state
 * @param {Run} run
 * @returns {string} what of it the script depends on, that may change
 */
function changes(state, { id, spec, environment }) {
  const told = state.events.get(id)?.filter(({ changes }) => changes) ?? [];
  return JSON.stringify([spec, environment, told.map(({ iteration, changes }) => [iteration, changes])]);
}
