/**
 * The presets: each starts with one click, or fills the form to start from.
 * @module
 */

import { start as texts } from "../texts.js";
import { make, setText } from "./dom.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */

/**
 * @param {HTMLElement} element
 * @param {Catalog} catalog
 * @param {(spec: Record<string, unknown>) => void} onStart
 * @param {(spec: Record<string, unknown>) => void} onEdit
 * @returns {(pace: string) => void} what tells the pace at which they start
 */
export function presets(element, catalog, onStart, onEdit) {
  const pace = make("p", { class: "help", id: "presets-pace" });
  element.replaceChildren(pace);
  for (const { name, title, help, spec } of catalog.presets) {
    const relu = catalog.relus.find((r) => r.name === spec["relu"]);
    const start = {
      "aria-label": texts.startPreset(title),
      "aria-describedby": pace.id,
      click: () => onStart(spec),
    };
    const edit = { "aria-label": texts.fillWith(title), click: () => onEdit(spec) };
    element.append(
      make(
        "article",
        { class: "preset", "data-preset": name },
        make("h3", {}, title),
        make("p", {}, help),
        make("code", {}, relu?.code ?? ""),
        make(
          "div",
          { class: "buttons" },
          make("button", { type: "button", class: "primary", ...start }, texts.start),
          make("button", { type: "button", ...edit }, texts.fill),
        ),
      ),
    );
  }
  return (told) => setText(pace, told);
}
