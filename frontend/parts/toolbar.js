/**
 * How losses are drawn: overlaid or side by side, linear or logarithmic, and back from a zoom.
 * @module
 */

import { make } from "./dom.js";

/** @typedef {import("../model/state.js").State} State */

const CHOICES = /** @type {const} */ ([
  {
    key: "layout",
    label: "Layout",
    options: [
      ["overlay", "Overlay"],
      ["grid", "Side by side"],
    ],
  },
  {
    key: "scale",
    label: "Loss axis",
    options: [
      ["linear", "Linear"],
      ["log", "Log"],
    ],
  },
]);

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
  const all = make("button", { type: "button", click: showAll }, "Show all");
  const renders = CHOICES.map(({ key, label, options }) => {
    const buttons = options.map(([value, text]) =>
      make("button", { type: "button", click: () => state.set({ [key]: value }) }, text),
    );
    element.append(make("div", { class: "choice", role: "group", "aria-label": label }, ...buttons));
    return () =>
      options.forEach(([value], i) =>
        buttons[i]?.setAttribute("aria-pressed", String(state[key] === value)),
      );
  });
  element.prepend(all);
  return () => {
    for (const render of renders) render();
    all.hidden = !state.isZoomed;
  };
}
