/**
 * The pace of one run: a slider from 1 iteration a second to full speed, and the same as a number.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { Held } from "../../model/held.js";
import { PLACES, paceAt, placeOf } from "../../model/pace.js";
import { hasEnded } from "../../model/states.js";
import { setting } from "../../numbers.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { Latest } from "../../wire/latest.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */

const texts = closeup.pace;

/**
 * @param {Asking} asking
 * @returns {Part}
 */
export function pace(asking) {
  /** @type {Run} */
  let shown;
  /** What was asked for last, of the run that is shown: an answer to anything else is of no matter here. */
  let held = new Held();
  const slider = make("input", { type: "range", min: "0", max: String(PLACES), step: "1", "aria-label": texts.label });
  const field = make("input", { class: "number", autocomplete: "off", "aria-label": texts.field, placeholder: texts.full });
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const complain = (/** @type {string} */ message) => {
    setText(error, message);
    error.hidden = !message;
    field.toggleAttribute("aria-invalid", Boolean(message));
    if (message) field.setAttribute("aria-invalid", "true");
  };
  const send = async (/** @type {{id: string, pace: unknown, own: Held<unknown>}} */ { id, pace, own }) => {
    const refused = (/** @type {import("../../wire/api.js").FieldProblem[]} */ errors) => {
      if (own === held) complain(errors.map(({ message }) => message).join("; "));
    };
    const run = await asking.ask(texts.label, id, () => api.change(id, { pace }), refused);
    if (run) own.taken();
    else own.drop();
    if (own === held) render(shown);
  };
  /** Of each run its own: the last pace of one is no reason to leave out that of another. */
  let latest = new Latest(send);
  const choose = (/** @type {any} */ pace) => {
    complain("");
    held = new Held();
    held.ask(pace);
    latest.set({ id: shown.id, pace, own: held });
    render(shown);
  };
  slider.addEventListener("input", () => choose(paceAt(Number(slider.value))));
  field.addEventListener("change", () => {
    const text = field.value.trim();
    choose(!text || text === texts.full ? null : Number.isFinite(Number(text)) ? Number(text) : text);
  });
  field.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    complain("");
    const told = shown.spec["pace"];
    field.value = told === null ? "" : setting(told);
  });
  const render = (/** @type {Run} */ run) => {
    if (shown?.id !== run.id) {
      [held, latest] = [new Held(), new Latest(send)];
      complain("");
    }
    shown = run;
    const value = /** @type {any} */ (held.shown(run.spec["pace"]));
    const isPace = value === null || typeof value === "number";
    if (isPace) slider.value = String(placeOf(value));
    setAttribute(slider, "aria-valuetext", isPace ? texts.told(value) : String(value));
    if (document.activeElement !== field && error.hidden)
      field.value = value === null ? "" : typeof value === "number" ? setting(value) : value;
    slider.disabled = field.disabled = hasEnded(run);
  };
  const ends = make("span", { class: "ends", "aria-hidden": "true" }, make("span", {}, texts.slow), make("span", {}, texts.fast));
  const element = make(
    "div",
    { class: "pace" },
    make("span", { class: "label", "aria-hidden": "true" }, texts.label),
    make("span", { class: "sliding" }, slider, ends),
    make("span", { class: "typed" }, field, make("span", { class: "unit", "aria-hidden": "true" }, texts.unit)),
    error,
  );
  return { element, render };
}
