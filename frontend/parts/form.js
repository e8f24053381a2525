/**
 * The form of a new run, drawn from the catalog: its fields, their defaults, units and help all
 * come from the server's schema.
 * @module
 */

import { WATCHABLE_PACE } from "../actions.js";
import { start as texts } from "../texts.js";
import { make, setText } from "./dom.js";
import { choiceField, inputField } from "./fields.js";
import { Hyperparameters } from "./hyperparameters.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("../wire/api.js").FieldProblem} FieldProblem */
/** @typedef {import("./fields.js").Field} Field */

/** The order on the page; what a newer server adds comes after. */
const ORDER = [
  "relu",
  "update",
  "gradients",
  "n",
  "d_in",
  "hidden",
  "d_out",
  "iterations",
  "seed",
  "dtype",
  "on_nonfinite",
  "device",
  "diagnostics_every",
  "name",
];

export class Form {
  /** @type {Map<string, Field>} by path, but for the hyperparameters */
  #fields = new Map();
  #hyperparameters = new Hyperparameters();
  #pace;
  #fullSpeed = make("input", { type: "checkbox", id: "full-speed" });
  #message = make("p", { class: "error", role: "alert", hidden: true });

  /**
   * @param {HTMLElement} element
   * @param {Catalog} catalog
   * @param {(spec: Record<string, unknown>) => void} onStart
   * @param {() => void} onPace called when another pace is chosen
   */
  constructor(element, catalog, onStart, onPace) {
    this.element = element;
    this.catalog = catalog;
    const properties = catalog.spec.properties ?? {};
    const names = [...ORDER, ...Object.keys(properties).filter((name) => !ORDER.includes(name))];
    for (const name of names) {
      const schema = properties[name];
      if (schema && name !== "pace" && name !== "tags") element.append(...this.#add(name, schema));
    }
    this.#pace = inputField("pace", properties["pace"] ?? {});
    this.#pace.write(WATCHABLE_PACE);
    this.#fields.set("pace", this.#pace);
    this.#fullSpeed.addEventListener("change", () => this.#showPace());
    element.append(
      this.#pace.element,
      make("label", { class: "check", for: "full-speed" }, this.#fullSpeed, texts.fullSpeed),
      this.#message,
      make("button", { type: "submit", class: "primary" }, texts.start),
    );
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      onStart(this.read());
    });
    this.#pace.element.addEventListener("input", onPace);
    this.#fullSpeed.addEventListener("change", onPace);
  }

  /** The pace that is chosen; null for full speed. */
  get #chosenPace() {
    return this.#fullSpeed.checked ? null : (this.#pace.read() ?? null);
  }

  /**
   * The pace for what is started with one click, which a slip in a form that nobody looked at must
   * not hinder.
   * @returns {{pace: number | null, told: string}}
   */
  get paceOfPresets() {
    const chosen = this.#chosenPace;
    if (chosen === null) return { pace: null, told: texts.paceFull };
    const { exclusiveMinimum: low = 0, maximum: high = Infinity } =
      this.catalog.spec.properties?.["pace"]?.anyOf?.find(({ type }) => type === "number") ?? {};
    const fits = typeof chosen === "number" && chosen > low && chosen <= high;
    const pace = fits ? chosen : WATCHABLE_PACE;
    return { pace, told: texts.pace(pace, fits) };
  }

  /** All fields, in the order on the page. */
  get #all() {
    return [...this.#fields.values()].flatMap((field) =>
      field.path === "update.rule" ? [field, ...this.#hyperparameters.fields] : [field],
    );
  }

  /** @returns {Record<string, unknown>} the spec as typed; what was left empty is left out, or null */
  read() {
    /** @type {Record<string, any>} */
    const spec = {};
    for (const { path, read } of this.#all) {
      const value = read();
      if (value === undefined) continue;
      const [name = path, inner] = path.split(".");
      if (inner) spec[name] = { ...spec[name], [inner]: value };
      else spec[name] = value;
    }
    return { ...spec, pace: this.#chosenPace };
  }

  /**
   * Fill it in, and take the person there. The name stays empty: a run that is started with
   * changes is another.
   * @param {Record<string, any>} spec fields to fill in; the others go back to their defaults
   */
  fill(spec) {
    const defaults = this.catalog.spec.properties ?? {};
    const update = { rule: defaults["update"]?.default.rule, ...spec["update"] };
    for (const [path, field] of this.#fields) {
      if (path === "update.rule") field.write(update.rule);
      else if (path !== "pace") field.write(spec[path] ?? defaults[path]?.default);
    }
    this.#hyperparameters.fill(this.#ruleSchema, update);
    this.#fields.get("name")?.write("");
    this.complain([]);
    this.element.scrollIntoView({ block: "nearest" });
    this.#fields.get("relu")?.focus();
  }

  /**
   * Show what is wrong, each word at its field, what has none below.
   * @param {FieldProblem[]} errors
   */
  complain(errors) {
    const messages = new Map(errors.map(({ field, message }) => [field, message]));
    const wrong = this.#all.find(({ path }) => messages.has(path));
    for (const { path, complain } of this.#all) {
      complain(messages.get(path) ?? "");
      messages.delete(path);
    }
    this.#hyperparameters.unfold();
    setText(this.#message, [...messages].map((pair) => pair.join(": ")).join("; "));
    this.#message.hidden = !messages.size;
    wrong?.focus();
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   * @returns {HTMLElement[]}
   */
  #add(name, schema) {
    if (name === "update") {
      const rules = this.catalog.rules.map(({ name, help }) => ({ value: name, text: name, help }));
      const title = schema.title ?? texts.updateRule;
      const showRule = () => this.#hyperparameters.show(this.#ruleSchema);
      const field = choiceField("update.rule", { title }, rules, showRule);
      this.#fields.set("update.rule", field);
      field.write(schema.default?.rule);
      showRule();
      return [field.element, this.#hyperparameters.element];
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
      return relus.map((r) => ({
        value: r.name,
        text: r.title.startsWith(r.name) ? r.title : `${r.name}: ${r.title}`,
        help: r.help,
        code: [`relu(h) = ${r.formula}`, r.code],
      }));
    if (name === "gradients")
      return gradients.map((g) => ({ value: g.name, text: g.name, help: g.help }));
    if (name === "device")
      return devices.map((d) => ({ value: d.name, text: `${d.name} (${d.title})` }));
    if (name === "dtype") return dtypes.map((d) => ({ value: d.name, text: d.name }));
    return schema.enum?.map((value) => ({ value, text: value }));
  }

  /** The schema of the rule that is chosen. */
  get #ruleSchema() {
    const chosen = this.#fields.get("update.rule")?.read();
    return this.catalog.rules.find(({ name }) => name === chosen)?.schema;
  }

  #showPace() {
    this.#pace.element.classList.toggle("off", this.#fullSpeed.checked);
    const input = this.#pace.element.querySelector("input");
    if (input) input.disabled = this.#fullSpeed.checked;
  }
}
