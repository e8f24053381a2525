/**
 * The presets: each starts with one click, or fills the form to start from.
 * @module
 */

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
      "aria-label": `Start ${title}`,
      "aria-describedby": pace.id,
      click: () => onStart(spec),
    };
    const edit = { "aria-label": `Fill the form with ${title}`, click: () => onEdit(spec) };
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
          make("button", { type: "button", class: "primary", ...start }, "Start"),
          make("button", { type: "button", ...edit }, "Fill the form"),
        ),
      ),
    );
  }
  return (told) => setText(pace, told);
}
