/**
 * The sheet of all keys.
 * @module
 */

import { make } from "../dom.js";
import { keys as texts } from "../texts.js";
import { keep, recalled } from "./kept.js";
import { offered } from "./keys.js";

/** @typedef {import("../model/state.js").State} State */

/** Where the browser keeps that single keys do nothing. */
const OFF = "reluscope.keys-off";

/** @returns {boolean} whether keys do something by themselves */
export const areSingle = () => recalled("browser", OFF) === null;

/**
 * @param {HTMLElement} element that gets the button
 * @param {State} state
 */
export function sheet(element, state) {
  const dialog = make("dialog", { class: "keys", "aria-label": texts.open });
  // A click beside it is one on the dialog itself, whose content covers all of it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const open = () => {
    dialog.replaceChildren(content(state));
    dialog.showModal();
  };
  const attributes = { type: "button", id: "keys", "aria-label": texts.open, title: texts.open };
  element.append(make("button", { ...attributes, "aria-haspopup": "dialog", click: open }, "?"));
  document.body.append(dialog);
}

/** @param {State} state */
function content(state) {
  const names = /** @type {(keyof typeof texts.groups)[]} */ (Object.keys(texts.groups));
  const groups = names.flatMap((name) => {
    const rows = offered(state).filter(({ group }) => group === name);
    if (!rows.length) return [];
    const list = rows.flatMap(({ key, also, text }) => {
      const names = [key, ...(also ? [also] : [])].map((name) => (name === " " ? texts.space : name));
      return [make("dt", {}, ...names.map((name) => make("kbd", {}, name))), make("dd", {}, texts[text])];
    });
    return [make("div", {}, make("h3", {}, texts.groups[name]), make("dl", {}, ...list))];
  });
  const single = make("input", { type: "checkbox", change: () => keep("browser", OFF, single.checked ? null : "1") });
  single.checked = areSingle();
  return make(
    "div",
    { class: "content" },
    make("h2", { tabindex: "-1", autofocus: true }, texts.open), // the top of it, on small screens, too
    make("div", { class: "groups" }, ...groups),
    make(
      "form",
      { method: "dialog" },
      make("label", {}, single, texts.single),
      make("button", { class: "primary" }, texts.close),
    ),
  );
}
