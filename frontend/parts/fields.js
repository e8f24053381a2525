/**
 * One field of the form: label, input, unit, help with bounds and default, and the place where the
 * server's word on it is shown. What is right is the server's to say; a field passes on what was
 * typed.
 * @module
 */

import { make, setText } from "../dom.js";
import { kind, values } from "../model/sweep.js";
import { setting } from "../numbers.js";
import { start as texts } from "../texts.js";

/** @typedef {import("../wire/api.js").Schema} Schema */

/**
 * @typedef {object} Field
 * @property {string} path as the server names it, such as `update.lr`
 * @property {HTMLElement} element
 * @property {() => unknown[]} values one, or those of a sweep; undefined where nothing was given
 * @property {(...values: unknown[]) => void} write
 * @property {(message: string) => void} complain an empty message is none
 * @property {() => void} focus
 */

/**
 * @param {Field} field
 * @returns {unknown} its value, where it is to have but one; what was typed, where those are several
 */
export function one(field) {
  const values = field.values();
  return values.length > 1 ? values.join(", ") : values[0];
}

/**
 * What every field has around what is filled in.
 * @typedef {object} Frame
 * @property {HTMLElement} element
 * @property {HTMLElement} label
 * @property {HTMLElement} help what is said of the choice that is made
 * @property {(message: string) => void} complain
 */

/**
 * @param {string} path
 * @param {Schema} schema
 * @param {HTMLElement} control an input, or a group of them
 * @param {...HTMLElement} more that stands right after it
 * @returns {Frame}
 */
export function frame(path, schema, control, ...more) {
  const id = `field-${path}`;
  control.id = id;
  const error = make("p", { class: "error", id: `${id}-error`, hidden: true });
  const said = [schema.description ?? "", texts.limits(schema)].filter(Boolean).join(" ");
  const hint = make("p", { class: "hint", id: `${id}-hint` }, said);
  const help = make("p", { class: "help", id: `${id}-help` });
  control.setAttribute("aria-describedby", [error, hint, help].map((each) => each.id).join(" "));
  const isGroup = control.hasAttribute("role");
  const label = make(isGroup ? "span" : "label", { id: `${id}-label`, class: "label" }, schema.title ?? path);
  if (isGroup) control.setAttribute("aria-labelledby", label.id);
  else label.setAttribute("for", id);
  if (schema.unit) label.append(" ", make("span", { class: "unit" }, schema.unit));
  const complain = (/** @type {string} */ message) => {
    setText(error, message);
    error.hidden = !message;
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  // What was said is of what stood there.
  const input = () => complain("");
  const element = make("div", { class: "field", "data-field": path, input }, label, control, ...more, hint, error, help);
  return { element, label, help, complain };
}

/** @param {unknown} value @returns {string} as it is typed */
function typed(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? setting(value) : String(value);
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @returns {Field} a number, or several; a text where the schema has no number
 */
export function inputField(path, schema) {
  const numeric = kind(schema);
  const mayBeNull = schema.anyOf?.some(({ type }) => type === "null");
  const input = make("input", {
    type: "text",
    name: path,
    autocomplete: "off",
    spellcheck: "false",
    // The keyboard with numbers alone has no `e` and no minus, which 1e-6 takes; and this one has the
    // comma or the dot that several whole numbers take.
    ...(numeric === "integer" ? { inputmode: "decimal" } : {}),
    // What an empty field stands for.
    ...(typeof schema.default === "number" ? { placeholder: setting(schema.default) } : {}),
    ...(numeric && schema.default === undefined ? { placeholder: texts.eachOwn } : {}),
  });
  const { element, complain } = frame(path, schema, input);
  const write = (/** @type {unknown[]} */ ...values) => (input.value = values.map(typed).join(", "));
  write(schema.default);
  return {
    path,
    element,
    complain,
    write,
    values: () => {
      const text = input.value.trim();
      const given = numeric ? values(text, numeric === "integer") : text ? [text] : [];
      return given.length ? given : [mayBeNull ? null : undefined];
    },
    focus: () => input.focus(),
  };
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @returns {Field} words with commas between them, all of them one value
 */
export function wordsField(path, schema) {
  const input = make("input", { type: "text", name: path, autocomplete: "off", placeholder: texts.words });
  const { element, complain } = frame(path, schema, input);
  return {
    path,
    element,
    complain,
    write: (words) => (input.value = Array.isArray(words) ? words.join(", ") : ""),
    values: () => [input.value.split(",").flatMap((word) => word.trim() || [])],
    focus: () => input.focus(),
  };
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @returns {Field} yes or no
 */
export function checkField(path, schema) {
  const input = make("input", { type: "checkbox", name: path });
  const { element, complain } = frame(path, schema, input);
  element.classList.add("yes-no");
  input.checked = schema.default === true;
  return {
    path,
    element,
    complain,
    write: (value) => (input.checked = value === true),
    values: () => [input.checked],
    focus: () => input.focus(),
  };
}
