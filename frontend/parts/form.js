/**
 * The form of a new run, or of several, drawn from the catalog: its fields, their defaults, units and
 * help all come from the server's schema.
 * @module
 */

import { WATCHABLE_PACE } from "../actions.js";
import { make, setText } from "../dom.js";
import { common, put, weights } from "../model/sweep.js";
import { start as texts } from "../texts.js";
import * as api from "../wire/api.js";
import { cardsField } from "./cards.js";
import { choiceField } from "./choices.js";
import { inputField, wordsField } from "./fields.js";
import { Hyperparameters } from "./hyperparameters.js";

/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("../wire/api.js").FieldProblem} FieldProblem */
/** @typedef {import("../model/sweep.js").Grid} Grid */
/** @typedef {import("../model/sweep.js").Spec} Spec */
/** @typedef {import("./fields.js").Field} Field */

/** The order on the page, and that of a sweep; what a newer server adds comes after. */
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
  "tags",
];

/** What is asked of the same run in several ways tells nothing. */
const ONE_ONLY = ["on_nonfinite"];

export class Form {
  /** @type {Map<string, Field>} by path, but for the hyperparameters */
  #fields = new Map();
  #hyperparameters = new Hyperparameters();
  #pace;
  #fullSpeed = make("input", { type: "checkbox", id: "full-speed" });
  #message = make("p", { class: "error", role: "alert", hidden: true });
  #cost = make("p", { class: "help cost" });
  /** Says why they are too many, where they are; */
  limit = make("p", { class: "help limit", "aria-live": "polite" });
  /** and what starts them, how many they are. Both are told by the form's owner. */
  button = make("button", { type: "submit", class: "primary" }, texts.start);

  /**
   * @param {HTMLElement} element
   * @param {Catalog} catalog
   * @param {() => void} onStart
   * @param {() => void} onChange called when something is filled in
   */
  constructor(element, catalog, onStart, onChange) {
    this.element = element;
    this.catalog = catalog;
    this.onChange = onChange;
    const properties = catalog.spec.properties ?? {};
    const names = [...ORDER, ...Object.keys(properties).filter((name) => !ORDER.includes(name))];
    element.append(make("p", { class: "help sweeping" }, texts.sweeping));
    for (const name of names) {
      const schema = properties[name];
      if (schema && name !== "pace") element.append(...this.#add(name, schema));
    }
    this.#pace = inputField("pace", properties["pace"] ?? {});
    this.#pace.write(WATCHABLE_PACE);
    this.#fields.set("pace", this.#pace);
    this.#fullSpeed.addEventListener("change", () => this.#showPace());
    element.append(
      this.#pace.element,
      make("label", { class: "check", for: "full-speed" }, this.#fullSpeed, texts.fullSpeed),
      make("div", { class: "go" }, this.#cost, this.limit, this.#message, this.button),
    );
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      onStart();
    });
    for (const event of ["input", "change"]) element.addEventListener(event, () => this.#changed());
    element.addEventListener("input", () => this.#tellRest([]));
    this.#changed();
  }

  /**
   * The pace for what is started with one click, which a slip in a form that nobody looked at must
   * not hinder.
   * @returns {{pace: number | null, told: string}}
   */
  get paceOfPresets() {
    const [chosen, ...others] = this.#paces;
    if (chosen === null) return { pace: null, told: texts.paceFull };
    const { exclusiveMinimum: low = 0, maximum: high = Infinity } =
      this.catalog.spec.properties?.["pace"]?.anyOf?.find(({ type }) => type === "number") ?? {};
    const fits = !others.length && typeof chosen === "number" && chosen > low && chosen <= high;
    const pace = fits ? chosen : WATCHABLE_PACE;
    return { pace, told: texts.pace(pace, fits) };
  }

  /** Those that are chosen; null for full speed. */
  get #paces() {
    return this.#fullSpeed.checked ? [null] : this.#pace.values();
  }

  /** All fields, in the order on the page. */
  get #all() {
    return [...this.#fields.values()].flatMap((field) =>
      field.path === "update.rule" ? [field, ...this.#hyperparameters.fields] : [field],
    );
  }

  /**
   * @returns {{base: Spec, grid: Grid}} as typed: fields with several values are in the grid; what was
   *   left empty is left out, or null
   */
  read() {
    /** @type {Spec} */
    const base = {};
    /** @type {Grid} */
    const grid = {};
    for (const { path, values } of this.#all) {
      const given = path === "pace" ? this.#paces : values();
      if (given.length > 1) grid[path] = given;
      else if (given[0] !== undefined) put(base, path, given[0]);
    }
    return { base, grid };
  }

  /**
   * Fill it in, and take the person there. The name stays empty: a run that is started with
   * changes is another.
   * @param {Spec} spec fields to fill in; the others go back to their defaults, but for the pace
   * @param {Grid} [grid] fields that are to have several values
   */
  fill(spec, grid = {}) {
    const defaults = this.catalog.spec.properties ?? {};
    const update = { rule: defaults["update"]?.default.rule, ...spec["update"] };
    /** @type {Grid} */
    const given = {
      ...Object.fromEntries(Object.entries(spec).map(([name, value]) => [name, [value]])),
      ...Object.fromEntries(Object.entries(update).map(([name, value]) => [`update.${name}`, [value]])),
      ...grid,
      name: [null],
    };
    for (const [path, field] of this.#fields)
      if (path !== "pace") field.write(...(given[path] ?? [defaults[path]?.default]));
    this.#hyperparameters.fill(this.#ruleSchema, given);
    if (given["pace"]) {
      const [pace, ...others] = given["pace"];
      this.#fullSpeed.checked = pace === null;
      if (pace !== null) this.#pace.write(pace, ...others);
      this.#showPace();
    }
    this.complain([]);
    this.#changed();
    this.element.scrollIntoView({ block: "nearest" });
    this.#fields.get("relu")?.focus();
  }

  /**
   * Show what is wrong, each word at its field, what has none below.
   * @param {FieldProblem[]} errors
   */
  complain(errors) {
    const left = new Set(errors);
    /** @type {Field | undefined} */
    let wrong;
    for (const field of this.#all) {
      const mine = errors.filter((error) => `${error.field}.`.startsWith(`${field.path}.`));
      for (const error of mine) left.delete(error);
      field.complain(texts.complaints([...new Set(mine.map(({ message }) => message))]));
      if (mine.length) wrong ??= field;
    }
    this.#hyperparameters.unfold();
    this.#tellRest([...left]);
    wrong?.focus();
    wrong?.element.scrollIntoView({ block: "nearest" }); // with what is said below it
  }

  /** @param {FieldProblem[]} errors what is wrong that has no field here */
  #tellRest(errors) {
    setText(this.#message, errors.map(({ field, message }) => `${field}: ${message}`).join("; "));
    this.#message.hidden = !errors.length;
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
      const onChange = () => this.#hyperparameters.show(this.#ruleSchema);
      const usual = { title, default: schema.default?.rule };
      const field = choiceField("update.rule", usual, rules, { onChange });
      this.#fields.set("update.rule", field);
      onChange();
      return [field.element, this.#hyperparameters.element];
    }
    const options = this.#options(name, schema);
    if (options?.length === 1 && name === "gradients") return [];
    const field = this.#field(name, schema, options);
    this.#fields.set(name, field);
    return [field.element];
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   * @param {import("./choices.js").Option[] | undefined} options
   * @returns {Field}
   */
  #field(name, schema, options) {
    if (name === "relu") return cardsField(name, schema, this.catalog.relus, api.curve);
    if (options) return choiceField(name, schema, options, { several: !ONE_ONLY.includes(name) });
    return schema.type === "array" ? wordsField(name, schema) : inputField(name, schema);
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   */
  #options(name, schema) {
    const { gradients, devices, dtypes } = this.catalog;
    if (name === "gradients")
      return gradients.map((g) => ({ value: g.name, text: g.name, help: g.help }));
    if (name === "device")
      return devices.map((d) => ({ value: d.name, text: `${d.name} (${d.title})` }));
    if (name === "dtype") return dtypes.map((d) => ({ value: d.name, text: d.name }));
    return schema.enum?.map((value) => ({ value, text: value }));
  }

  /** The schema of the rule that is chosen, or what several have in common. */
  get #ruleSchema() {
    const chosen = this.#fields.get("update.rule")?.values() ?? [];
    return common(this.catalog.rules.flatMap(({ name, schema }) => (chosen.includes(name) ? schema : [])));
  }

  #changed() {
    const defaults = this.catalog.spec.properties ?? {};
    const told = weights((path) =>
      (this.#fields.get(path)?.values() ?? []).map((value) => value ?? defaults[path]?.default),
    );
    setText(this.#cost, told ? texts.weights(told) : "");
    this.onChange();
  }

  #showPace() {
    this.#pace.element.classList.toggle("off", this.#fullSpeed.checked);
    const input = this.#pace.element.querySelector("input");
    if (input) input.disabled = this.#fullSpeed.checked;
  }
}
