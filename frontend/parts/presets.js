/**
 * The presets: each starts with one click, or fills the form to start from. The tutorials, and sets
 * that start several runs.
 * @module
 */

import { make, setText } from "../dom.js";
import { count } from "../model/sweep.js";
import { start as texts } from "../texts.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/api.js").Preset} Preset */

/**
 * @param {{tutorials: HTMLElement, sets: HTMLElement}} places
 * @param {Catalog} catalog
 * @param {(preset: Preset, onStarting: () => void) => Promise<unknown>} onStart
 * @param {(preset: Preset) => void} onEdit
 * @returns {(pace: string) => void} what tells the pace at which they start
 */
export function presets({ tutorials, sets }, catalog, onStart, onEdit) {
  const pace = make("p", { class: "help", id: "presets-pace" });
  const edit = (/** @type {Preset} */ preset) =>
    make(
      "button",
      { type: "button", "aria-label": texts.fillWith(preset.title), click: () => onEdit(preset) },
      texts.fill,
    );
  const code = (/** @type {Preset} */ { spec }) =>
    catalog.relus.find(({ name }) => name === spec["relu"])?.code ?? "";
  const alone = catalog.presets.filter(({ grid }) => count(grid) === 1);
  tutorials.replaceChildren(
    pace,
    ...alone.map((preset) =>
      make(
        "article",
        { class: "preset", "data-preset": preset.name },
        make("h3", {}, preset.title),
        make("p", {}, preset.help),
        make("code", {}, code(preset)),
        make("div", { class: "buttons" }, startButton(preset, onStart), edit(preset)),
      ),
    ),
  );
  sets.replaceChildren(
    ...catalog.presets
      .filter((preset) => !alone.includes(preset))
      .map((preset) =>
        make(
          "article",
          { class: "preset set", "data-preset": preset.name },
          make("h3", {}, preset.title),
          make("p", {}, preset.help),
          make("div", { class: "buttons" }, startButton(preset, onStart), edit(preset)),
        ),
      ),
  );
  return (told) => setText(pace, told);
}

/**
 * @param {Preset} preset
 * @param {(preset: Preset, onStarting: () => void) => Promise<unknown>} onStart
 */
function startButton(preset, onStart) {
  const runs = count(preset.grid);
  const name = runs > 1 ? texts.startSet(preset.title, runs) : texts.startPreset(preset.title);
  const button = make(
    "button",
    { type: "button", class: runs > 1 ? "" : "primary", "aria-label": name, "aria-describedby": "presets-pace" },
    texts.startAll(runs),
  );
  const isBusy = () => button.getAttribute("aria-disabled") === "true";
  button.addEventListener("click", async () => {
    if (isBusy()) return;
    button.setAttribute("aria-disabled", String(runs > 1));
    await onStart(preset, () => {
      if (runs > 1) setText(button, texts.starting(runs));
    });
    button.removeAttribute("aria-disabled");
    setText(button, texts.startAll(runs));
  });
  return button;
}
