/**
 * How losses are drawn: overlaid or side by side, linear or logarithmic, and back from a zoom.
 * @module
 */

import { toolbar as texts } from "../texts.js";
import { make } from "./dom.js";

/** @typedef {import("../model/state.js").State} State */

/** @type {{key: "layout" | "scale", label: string, options: [string, string][]}[]} */
const CHOICES = [
  {
    key: "layout",
    label: texts.layout.label,
    options: [
      ["overlay", texts.layout.overlay],
      ["grid", texts.layout.grid],
    ],
  },
  {
    key: "scale",
    label: texts.scale.label,
    options: [
      ["linear", texts.scale.linear],
      ["log", texts.scale.log],
    ],
  },
];

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function toolbar(element, state) {
  const showAll = () => {
    state.showAll();
    // The button goes; who came to it by keyboard stays in the toolbar.
    /** @type {HTMLElement | null} */ (element.querySelector("[aria-pressed='true']"))?.focus();
  };
  const all = make("button", { type: "button", click: showAll }, texts.showAll);
  const renders = CHOICES.map(({ key, label, options }) => {
    const buttons = options.map(([value, text]) =>
      make("button", { type: "button", click: () => state.look({ [key]: value }) }, text),
    );
    element.append(make("div", { class: "choice", role: "group", "aria-label": label }, ...buttons));
    return () =>
      options.forEach(([value], i) =>
        buttons[i]?.setAttribute("aria-pressed", String(state.view[key] === value)),
      );
  });
  element.prepend(all);
  return () => {
    for (const render of renders) render();
    all.hidden = !state.isZoomed;
  };
}
