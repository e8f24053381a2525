/**
 * The presets: each starts with one click, or fills the form to start from.
 * @module
 */

import { make } from "./dom.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */

/**
 * @param {HTMLElement} element
 * @param {Catalog} catalog
 * @param {(spec: Record<string, unknown>) => void} onStart
 * @param {(spec: Record<string, unknown>) => void} onEdit
 */
export function presets(element, catalog, onStart, onEdit) {
  for (const { name, title, help, spec } of catalog.presets) {
    const relu = catalog.relus.find((r) => r.name === spec["relu"]);
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
          make(
            "button",
            { type: "button", class: "primary", click: () => onStart(spec), "aria-label": `Start ${title}` },
            "Start",
          ),
          make(
            "button",
            { type: "button", click: () => onEdit(spec), "aria-label": `Fill the form with ${title}` },
            "Fill the form",
          ),
        ),
      ),
    );
  }
}
