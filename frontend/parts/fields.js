/**
 * One field of the form: label, input, unit, help with bounds and default, and the place where the
 * server's word on it is shown. What is right is the server's to say; a field passes on what was
 * typed.
 * @module
 */

import { setting } from "../numbers.js";
import { start as texts } from "../texts.js";
import { make, setText } from "./dom.js";

/** @typedef {import("../wire/api.js").Schema} Schema */

/**
 * @typedef {object} Field
 * @property {string} path as the server names it, such as `update.lr`
 * @property {HTMLElement} element
 * @property {HTMLElement} help what is said of the choice that is made
 * @property {() => unknown} read undefined where nothing was given
 * @property {(value: unknown) => void} write
 * @property {(message: string) => void} complain an empty message is none
 * @property {() => void} focus
 */

/**
 * What may be chosen; its lines of code, if any, are shown as such.
 * @typedef {{value: string, text: string, help?: string, code?: string[]}} Option
 */

/**
 * @param {string} path
 * @param {Schema} schema
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {() => unknown} read
 * @returns {Field}
 */
function field(path, schema, input, read) {
  const id = `field-${path}`;
  input.id = id;
  input.name = path;
  const error = make("p", { class: "error", id: `${id}-error`, hidden: true });
  const said = [schema.description ?? "", texts.limits(schema)].filter(Boolean).join(" ");
  const hint = make("p", { class: "hint", id: `${id}-hint` }, said);
  const help = make("p", { class: "help", id: `${id}-help` });
  const described = [error, hint, help].map((element) => element.id);
  input.setAttribute("aria-describedby", described.join(" "));
  const label = make("label", { for: id }, schema.title ?? path);
  if (schema.unit) label.append(" ", make("span", { class: "unit" }, schema.unit));
  return {
    path,
    element: make("div", { class: "field" }, label, input, hint, error, help),
    help,
    read,
    focus: () => input.focus(),
    write: (value) => {
      input.value =
        value === null || value === undefined
          ? ""
          : typeof value === "number"
            ? setting(value)
            : String(value);
    },
    complain: (message) => {
      setText(error, message);
      error.hidden = !message;
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @returns {Field} a number, or a text where the schema has no number
 */
export function inputField(path, schema) {
  const types = [schema, ...(schema.anyOf ?? [])].map(({ type }) => type);
  const whole = types.includes("integer");
  const numeric = whole || types.includes("number");
  const input = make("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    // The keyboard with numbers alone has no `e` and no minus, which 1e-6 takes.
    ...(whole ? { inputmode: "numeric" } : {}),
    // What an empty field stands for.
    ...(typeof schema.default === "number" ? { placeholder: setting(schema.default) } : {}),
  });
  const empty = types.includes("null") ? null : undefined;
  const made = field(path, schema, input, () => {
    const text = input.value.trim();
    if (!text) return empty;
    return numeric && Number.isFinite(Number(text)) ? Number(text) : text;
  });
  made.write(schema.default);
  return made;
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @returns {Field} yes or no
 */
export function checkField(path, schema) {
  const input = make("input", { type: "checkbox" });
  const made = field(path, schema, input, () => input.checked);
  made.element.classList.add("yes-no");
  made.write = (value) => (input.checked = value === true);
  made.write(schema.default);
  return made;
}

/**
 * @param {string} path
 * @param {Schema} schema
 * @param {Option[]} options
 * @param {() => void} [onChange]
 * @returns {Field}
 */
export function choiceField(path, schema, options, onChange) {
  const select = make(
    "select",
    {},
    ...options.map(({ value, text }) => make("option", { value }, text)),
  );
  const made = field(path, schema, select, () => select.value);
  const code = make("code", { class: "lines" });
  made.help.before(code);
  const explain = () => {
    const chosen = options.find((option) => option.value === select.value);
    setText(code, (chosen?.code ?? []).join("\n"));
    setText(made.help, chosen?.help ?? "");
  };
  select.addEventListener("change", () => {
    explain();
    onChange?.();
  });
  const { write } = made;
  made.write = (value) => {
    write(value);
    explain();
  };
  made.write(schema.default ?? options[0]?.value);
  return made;
}
