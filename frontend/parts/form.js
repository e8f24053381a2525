/**
 * The form of a new run, drawn from the catalog: its fields, their defaults, units and help all
 * come from the server's schema.
 * @module
 */

import { make, setText } from "./dom.js";
import { choiceField, inputField } from "./fields.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("../wire/api.js").FieldProblem} FieldProblem */
/** @typedef {import("./fields.js").Field} Field */

/** Iterations a second that an eye can follow: the tutorial's 500 take 10 s. */
export const WATCHABLE_PACE = 50;

/** The order on the page; what a newer server adds comes after. */
const ORDER = [
  "relu",
  "update",
  "n",
  "d_in",
  "hidden",
  "d_out",
  "iterations",
  "seed",
  "dtype",
  "device",
  "on_nonfinite",
  "name",
];

export class Form {
  /** @type {Map<string, Field>} */
  #fields = new Map();
  #rule = make("div", { class: "rule" });
  #pace;
  #fullSpeed = make("input", { type: "checkbox", id: "full-speed" });
  #message = make("p", { class: "error", role: "alert", hidden: true });

  /**
   * @param {HTMLElement} element
   * @param {Catalog} catalog
   * @param {(spec: Record<string, unknown>) => void} onStart
   */
  constructor(element, catalog, onStart) {
    this.catalog = catalog;
    const properties = catalog.spec.properties ?? {};
    const names = [...ORDER, ...Object.keys(properties).filter((name) => !ORDER.includes(name))];
    for (const name of names) {
      const schema = properties[name];
      if (schema && name !== "pace" && name !== "tags") element.append(...this.#add(name, schema));
    }
    this.#pace = inputField("pace", { ...properties["pace"], default: WATCHABLE_PACE });
    this.#fields.set("pace", this.#pace);
    this.#fullSpeed.addEventListener("change", () => this.#showPace());
    element.append(
      this.#pace.element,
      make("label", { class: "check", for: "full-speed" }, this.#fullSpeed, "Full speed"),
      this.#message,
      make("button", { type: "submit", class: "primary" }, "Start"),
    );
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      onStart(this.read());
    });
  }

  /** The pace that is chosen; null for full speed. */
  get pace() {
    return this.#fullSpeed.checked ? null : (this.#pace.read() ?? null);
  }

  /** @returns {Record<string, unknown>} the spec as typed; what was left empty is left out */
  read() {
    /** @type {Record<string, any>} */
    const spec = {};
    for (const [path, field] of this.#fields) {
      const value = field.read();
      if (value === undefined) continue;
      const [name = path, inner] = path.split(".");
      if (inner) spec[name] = { ...spec[name], [inner]: value };
      else spec[name] = value;
    }
    return { ...spec, pace: this.pace };
  }

  /** @param {Record<string, any>} spec fields to fill in; the others go back to their defaults */
  fill(spec) {
    const defaults = this.catalog.spec.properties ?? {};
    const update = spec["update"] ?? defaults["update"]?.default ?? {};
    this.#fields.get("update.rule")?.write(update.rule);
    this.#drawRule();
    for (const [path, field] of this.#fields) {
      const [name = path, inner] = path.split(".");
      if (inner && inner in update) field.write(update[inner]);
      else if (!inner && name !== "pace") field.write(spec[name] ?? defaults[name]?.default);
    }
    this.complain("", []);
  }

  /**
   * Show what is wrong, each word at its field, the rest below.
   * @param {string} detail
   * @param {FieldProblem[]} errors
   */
  complain(detail, errors) {
    const messages = new Map(errors.map(({ field, message }) => [field, message]));
    for (const [path, field] of this.#fields) {
      field.complain(messages.get(path) ?? "");
      messages.delete(path);
    }
    const rest = errors.length ? [...messages].map((pair) => pair.join(": ")).join("; ") : detail;
    setText(this.#message, rest);
    this.#message.hidden = !rest;
    this.#fields
      .get(errors.find(({ field }) => this.#fields.has(field))?.field ?? "")
      ?.element.querySelector("input, select")
      ?.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   * @returns {HTMLElement[]}
   */
  #add(name, schema) {
    if (name === "update") {
      const rules = this.catalog.rules.map(({ name, help }) => ({ value: name, text: name, help }));
      const title = schema.title ?? "update rule";
      const field = choiceField("update.rule", { title }, rules, () => this.#drawRule());
      this.#fields.set("update.rule", field);
      this.#drawRule();
      return [field.element, this.#rule];
    }
    const options = this.#options(name, schema);
    if (options?.length === 1 && name === "gradients") return [];
    const field = options ? choiceField(name, schema, options) : inputField(name, schema);
    this.#fields.set(name, field);
    return [field.element];
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   */
  #options(name, schema) {
    const { relus, gradients, devices, dtypes } = this.catalog;
    if (name === "relu")
      return relus.map((r) => ({ value: r.name, text: `${r.name}:  ${r.code}`, help: r.help }));
    if (name === "gradients")
      return gradients.map((g) => ({ value: g.name, text: g.name, help: g.help }));
    if (name === "devices" || name === "device")
      return devices.map((d) => ({ value: d.name, text: `${d.name} (${d.title})` }));
    if (name === "dtype") return dtypes.map((d) => ({ value: d.name, text: d.name }));
    return schema.enum?.map((value) => ({ value, text: value }));
  }

  /** The hyperparameters of the chosen rule; what was typed stays where both rules have it. */
  #drawRule() {
    const name = this.#fields.get("update.rule")?.read();
    const schema = this.catalog.rules.find((rule) => rule.name === name)?.schema;
    const typed = new Map();
    for (const [path, field] of this.#fields) {
      if (path.startsWith("update.") && path !== "update.rule") {
        typed.set(path, field.read());
        this.#fields.delete(path);
      }
    }
    const fields = Object.entries(schema?.properties ?? {})
      .filter(([key]) => key !== "rule")
      .map(([key, property]) => inputField(`update.${key}`, property));
    for (const field of fields) {
      if (typed.get(field.path) !== undefined) field.write(typed.get(field.path));
      this.#fields.set(field.path, field);
    }
    this.#rule.replaceChildren(...fields.map((field) => field.element));
  }

  #showPace() {
    this.#pace.element.classList.toggle("off", this.#fullSpeed.checked);
    const input = this.#pace.element.querySelector("input");
    if (input) input.disabled = this.#fullSpeed.checked;
  }
}
