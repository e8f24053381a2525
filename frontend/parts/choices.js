/**
 * A field in which one of several things is chosen, or, where that is asked for, several of them: a
 * run is started for each.
 * @module
 */

import { make, setText } from "../dom.js";
import { start as texts } from "../texts.js";
import { frame } from "./fields.js";

/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("./fields.js").Field} Field */

/** @typedef {{value: string, text: string, help?: string}} Option */

/**
 * The button by which several can be chosen.
 * @param {string} title of the field
 * @param {(several: boolean) => void} onToggle
 */
export function severalToggle(title, onToggle) {
  const button = make(
    "button",
    {
      type: "button",
      class: "several",
      "aria-pressed": "false",
      "aria-label": texts.severalOf(title),
      click: () => set(!isOn(), true),
    },
    texts.several,
  );
  const isOn = () => button.getAttribute("aria-pressed") === "true";
  /** @param {boolean} several @param {boolean} [byHand] */
  function set(several, byHand = false) {
    if (several === isOn()) return;
    button.setAttribute("aria-pressed", String(several));
    onToggle(several);
    // As if something had been typed: who counts the runs is told.
    if (byHand) button.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return { button, isOn, set };
}

/**
 * @param {HTMLInputElement[]} boxes of which at least one stays checked
 * @param {EventTarget | null} changed by hand
 */
export function keepOne(boxes, changed) {
  if (changed instanceof HTMLInputElement && !boxes.some((box) => box.checked)) changed.checked = true;
}

/**
 * @param {string[]} chosen
 * @returns {string[]} with nothing chosen, since what was filled in is not known here, the server is to
 *   say so, and not to take its default
 */
export const orNone = (chosen) => (chosen.length ? chosen : [""]);

/**
 * @param {string} path
 * @param {Schema} schema
 * @param {Option[]} options
 * @param {{several?: boolean, onChange?: () => void}} [more] whether several can be chosen
 * @returns {Field}
 */
export function choiceField(path, schema, options, { several = true, onChange } = {}) {
  const select = make(
    "select",
    { name: path },
    ...options.map(({ value, text }) => make("option", { value }, text)),
  );
  const title = schema.title ?? path;
  const boxes = options.map(({ value }) => make("input", { type: "checkbox", value }));
  const ticks = options.map(({ value }, i) => make("label", { class: "check" }, boxes[i] ?? "", value));
  const group = make("div", { class: "ticks", role: "group", "aria-label": title, hidden: true }, ...ticks);
  const { element, label, help, complain } = frame(path, schema, select, group);
  group.setAttribute("aria-describedby", select.getAttribute("aria-describedby") ?? "");

  const toggle = severalToggle(title, (on) => {
    if (on) for (const box of boxes) box.checked = box.value === select.value;
    else select.value = checked()[0] ?? select.value;
    select.hidden = on;
    group.hidden = !on;
    onChange?.();
  });
  if (several && options.length > 1) label.after(toggle.button);

  const checked = () => boxes.flatMap((box) => (box.checked ? box.value : []));
  const values = () => (toggle.isOn() ? orNone(checked()) : [select.value]);
  const explain = (/** @type {string | undefined} */ value) =>
    setText(help, options.find((option) => option.value === value)?.help ?? "");
  select.addEventListener("change", () => {
    explain(select.value);
    onChange?.();
  });
  group.addEventListener("change", ({ target }) => {
    keepOne(boxes, target);
    if (target instanceof HTMLInputElement) explain(target.value);
    onChange?.();
  });
  const write = (/** @type {unknown[]} */ ...values) => {
    select.value = String(values[0]);
    toggle.set(values.length > 1);
    for (const box of boxes) box.checked = values.includes(box.value);
    explain(select.value);
    onChange?.();
  };
  select.value = String(schema.default ?? options[0]?.value);
  explain(select.value);
  return {
    path,
    element,
    complain: (message) => {
      complain(message);
      if (message && toggle.isOn()) group.setAttribute("aria-invalid", "true");
      else group.removeAttribute("aria-invalid");
    },
    values,
    write,
    focus: () => (toggle.isOn() ? boxes.find((box) => box.checked) : select)?.focus(),
  };
}
