/**
 * The run as one plain PyTorch script, to be read, copied and saved.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
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
  const { code, text, copy, download } = parts();
  const note = make("p", { class: "help", "aria-live": "polite" }, texts.help);
  /** @type {Run} */
  let shown;
  const click = () => openLarge(state.title(shown), code.textContent ?? "", download.href);
  const large = make("button", { type: "button", "aria-haspopup": "dialog", click }, texts.large);
  const tools = make("div", { class: "buttons" }, copy, download, large);
  /** What is shown, or asked for: which run, and how it was. */
  let [of, key] = ["", ""];
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
      shown = run;
      const wanted = `${run.id} ${changes(state, run)}`;
      if (of !== run.id) {
        [of, key] = [run.id, ""];
        setText(code, "");
        setText(note, texts.loading);
        [tools.hidden, text.hidden] = [true, true];
        setAttribute(download, "href", api.scriptUrl(run.id));
      }
      if (wanted === key || !state.isCurrent) return;
      key = wanted;
      void ask(run, wanted);
    },
  };
}

/** What a script is read in, and taken from. */
function parts() {
  const code = make("code");
  return {
    code,
    text: make("pre", { tabindex: "0", role: "region", "aria-label": texts.label }, code),
    copy: copyButton(closeup.copy, () => code.textContent ?? ""),
    download: make("a", { class: "button", download: "" }, texts.download),
  };
}

/**
 * A script as large as the window.
 * @param {string} title of its run
 * @param {string} written
 * @param {string} href where it is to be saved from
 */
function openLarge(title, written, href) {
  const { code, text, copy, download } = parts();
  setText(code, written);
  setAttribute(download, "href", href);
  text.autofocus = true;
  const close = make("button", { type: "button", click: () => dialog.close() }, closeup.close);
  const dialog = make(
    "dialog",
    { class: "script large", "aria-label": texts.labelOf(title), close: () => dialog.remove() },
    make("div", { class: "bar" }, make("h2", {}, title), make("div", { class: "buttons" }, copy, download, close)),
    text,
  );
  document.body.append(dialog);
  dialog.showModal();
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
