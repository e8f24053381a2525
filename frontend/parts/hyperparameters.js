/**
 * The hyperparameters of the rule that is chosen, from its schema and in its order: the first, which
 * is its learning rate, at once; the others folded away, with a word on what was changed among them.
 * @module
 */

import { make, setText } from "../dom.js";
import { changes } from "../model/words.js";
import { start as texts } from "../texts.js";
import { checkField, inputField } from "./fields.js";

/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("./fields.js").Field} Field */

export class Hyperparameters {
  /** @type {Field[]} those of the rule that is chosen */
  fields = [];
  /**
   * Each that was shown, by its name and schema: what was typed is there again with its rule, and in
   * every rule that has the very same one, with that default and those bounds.
   * @type {Map<string, Field>}
   */
  #known = new Map();
  /** @type {Schema | undefined} */
  #schema;
  #first = make("div", { class: "first" });
  #rest = make("div", { class: "rest" });
  #changed = make("span", { class: "changed" });
  #folded = make("details", {}, make("summary", {}, texts.moreHyperparameters, this.#changed), this.#rest);
  element = make("div", { class: "rule" }, this.#first, this.#folded);

  constructor() {
    this.#rest.addEventListener("input", () => this.#tellChanges());
  }

  /** @param {Schema | undefined} schema of the rule that is chosen, or what several have in common */
  show(schema) {
    const before = this.fields;
    this.#schema = schema;
    this.fields = Object.entries(schema?.properties ?? {})
      .filter(([name]) => name !== "rule")
      .map(([name, property]) => this.#field(name, property));
    for (const field of before) if (!this.fields.includes(field)) field.complain("");
    const [first, ...rest] = this.fields.map(({ element }) => element);
    this.#first.replaceChildren(...(first ? [first] : []));
    this.#rest.replaceChildren(...rest);
    this.#folded.hidden = !rest.length;
    this.#tellChanges();
  }

  /**
   * Fill them in anew; what was typed before, for whichever rule, is forgotten.
   * @param {Schema | undefined} schema of the rule
   * @param {Record<string, unknown[]>} given values of those that differ from its defaults, by path
   */
  fill(schema, given) {
    this.#known.clear();
    this.show(schema);
    for (const field of this.fields) {
      const values = given[field.path];
      if (values) field.write(...values);
    }
    this.#tellChanges();
    if (this.#changed.textContent) this.#folded.open = true;
  }

  /** Unfold what is folded, where something is said to be wrong in there. */
  unfold() {
    if (this.#rest.querySelector("[aria-invalid]")) this.#folded.open = true;
  }

  /**
   * @param {string} name
   * @param {Schema} property
   */
  #field(name, property) {
    const identity = name + JSON.stringify(property);
    const path = `update.${name}`;
    const field =
      this.#known.get(identity) ??
      (property.type === "boolean" ? checkField(path, property) : inputField(path, property));
    this.#known.set(identity, field);
    return field;
  }

  #tellChanges() {
    const rest = this.fields.slice(1).map((field) => {
      const [first, ...others] = field.values();
      return [key(field), others.length ? texts.severalValues(key(field), [first, ...others]) : first];
    });
    setText(this.#changed, changes(Object.fromEntries(rest), this.#schema).join(" · "));
  }
}

/** @param {Field} field @returns {string} what the rule calls it */
const key = ({ path }) => path.replace("update.", "");
