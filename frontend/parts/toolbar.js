/**
 * How losses are drawn: overlaid or side by side, linear or logarithmic.
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
 */
export function toolbar(element, state) {
  for (const { key, label, options } of CHOICES) {
    const buttons = options.map(([value, text]) =>
      make("button", { type: "button", click: () => state.set({ [key]: value }) }, text),
    );
    const render = () =>
      options.forEach(([value], i) =>
        buttons[i]?.setAttribute("aria-pressed", String(state[key] === value)),
      );
    state.subscribe(render);
    render();
    element.append(make("div", { class: "choice", role: "group", "aria-label": label }, ...buttons));
  }
}
