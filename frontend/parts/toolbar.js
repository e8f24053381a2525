/**
 * How losses are drawn: overlaid, side by side or one less the other; along what; linear or
 * logarithmic; smoothed; and back from a zoom.
 * @module
 */

import { make, setAttribute } from "../dom.js";
import { toolbar as texts } from "../texts.js";
import { pairOfRuns } from "./pair.js";
import { smoothing } from "./smoothing.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/view.js").View} View */

/**
 * Properties of the view of which one of a few is chosen, by buttons.
 * @type {{key: "layout" | "scale" | "axes", options: string[], isSeen: (view: View) => boolean}[]}
 */
const CHOICES = [
  { key: "layout", options: ["overlay", "grid", "difference"], isSeen: () => true },
  { key: "axes", options: ["own", "shared"], isSeen: ({ layout }) => layout === "grid" },
  { key: "scale", options: ["linear", "log"], isSeen: () => true },
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
  const parts = [
    ...CHOICES.map((choice) => buttons(state, choice)),
    alongWhat(state),
    smoothing(state),
    pairOfRuns(state),
  ];
  element.append(all, ...parts.map((part) => part.element));
  return () => {
    for (const part of parts) part.render();
    all.hidden = !state.isZoomed;
  };
}

/**
 * @param {State} state
 * @param {typeof CHOICES[0]} choice
 */
function buttons(state, { key, options, isSeen }) {
  const words = /** @type {Record<string, string>} */ (texts[key]);
  const made = options.map((value) =>
    make("button", { type: "button", click: () => state.look({ [key]: value }) }, words[value] ?? value),
  );
  const element = make("div", { class: "choice", role: "group", "aria-label": words["label"] ?? "" }, ...made);
  const render = () => {
    element.hidden = !isSeen(state.view);
    options.forEach((value, i) => {
      const button = made[i];
      if (button) setAttribute(button, "aria-pressed", String(state.view[key] === value));
    });
  };
  return { element, render };
}

/** @param {State} state */
function alongWhat(state) {
  const choose = () => state.look({ x: /** @type {View["x"]} */ (select.value) });
  const options = Object.entries(texts.across).map(([value, text]) => make("option", { value }, text));
  const select = make("select", { "aria-label": texts.along, change: choose }, ...options);
  const stretch = () => state.look({ xscale: log.checked ? "log" : "linear" });
  const log = make("input", { type: "checkbox", change: stretch });
  const label = make("label", { class: "check" }, log, texts.acrossLog);
  const render = () => {
    const { x, xscale } = state.view;
    select.value = x;
    log.checked = xscale === "log";
    label.hidden = x === "clock";
  };
  return { element: make("div", { class: "along" }, select, label), render };
}
