/**
 * The hyperparameters of one run's rule, changed while it trains: the learning rate at once, by typing
 * or by a factor; the others folded away.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { Held } from "../../model/held.js";
import { hasEnded } from "../../model/states.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { checkField, inputField, one } from "../fields.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../wire/api.js").Schema} Schema */

const texts = closeup.hyperparameters;

/** What a learning rate is most often tried with next. */
const FACTORS = /** @type {[string, number][]} */ ([
  ["÷ 10", 0.1],
  ["× 0.5", 0.5],
  ["× 2", 2],
  ["× 10", 10],
]);

/** Of a product: 1e-6 / 10 is 9.999999999999999e-8, which nobody has meant. */
const DIGITS = 12;

/** One hyperparameter: its field, with the button that changes it. */
class Live {
  /** What was asked for last, of the run that is shown: an answer to anything else is of no matter here. */
  #held = new Held();
  /** @type {Run | null} */
  #run = null;
  #change = make("button", { type: "submit" }, texts.change);
  #factors;

  /**
   * @param {string} name
   * @param {Schema} schema
   * @param {Asking} asking
   */
  constructor(name, schema, asking) {
    this.name = name;
    this.asking = asking;
    this.title = schema.title ?? name;
    this.isYesNo = schema.type === "boolean";
    const create = this.isYesNo ? checkField : inputField;
    this.field = create(`closeup.${name}`, schema);
    this.input = /** @type {HTMLInputElement} */ (this.field.element.querySelector("input"));
    this.#factors = name === "lr" ? this.#quick() : [];
    this.element = make("form", { class: "live", novalidate: true }, this.field.element);
    if (!this.isYesNo) this.element.append(this.#change);
    if (this.#factors.length) this.element.append(make("div", { class: "factors" }, ...this.#factors));
    this.#listen();
  }

  #listen() {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#isTyped || this.input.getAttribute("aria-invalid")) void this.#ask(one(this.field));
    });
    this.input.addEventListener("input", () => this.#tell());
    if (this.isYesNo) this.input.addEventListener("change", () => void this.#ask(this.input.checked));
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#isTyped) return;
      event.stopPropagation();
      this.field.complain("");
      this.field.write(this.#value);
      this.#tell();
    });
  }

  /** What holds, or will soon. */
  get #value() {
    return this.#held.shown(this.#run?.spec.update[this.name]);
  }

  /** Whether something else is typed than what holds. */
  get #isTyped() {
    return !this.isYesNo && one(this.field) !== this.#value && one(this.field) !== undefined;
  }

  #quick() {
    return FACTORS.map(([told, factor]) => {
      const click = () => {
        const value = this.#value;
        const isOver = !this.#run || hasEnded(this.#run);
        if (typeof value === "number" && !isOver) void this.#ask(Number((value * factor).toPrecision(DIGITS)));
      };
      const label = texts.times(told, this.title);
      return make("button", { type: "button", "aria-label": label, click }, told);
    });
  }

  /** @param {unknown} value */
  async #ask(value) {
    const run = this.#run;
    if (!run) return;
    const held = (this.#held = new Held());
    this.field.complain("");
    held.ask(value);
    this.field.write(value);
    this.#tell();
    const refused = (/** @type {import("../../wire/api.js").FieldProblem[]} */ errors) => {
      if (held === this.#held) this.field.complain(errors.map(({ message }) => message).join("; "));
    };
    const change = () => api.change(run.id, { update: { [this.name]: value } });
    const done = await this.asking.ask(this.title, run.id, change, refused);
    if (done) held.taken();
    else held.drop();
    if (held !== this.#held) return;
    if (!done && this.isYesNo) this.field.write(this.#value);
    this.#tell();
  }

  /** Offer the change where there is one. */
  #tell() {
    const isOver = !this.#run || hasEnded(this.#run);
    setAttribute(this.#change, "aria-disabled", String(!this.#isTyped || isOver));
    for (const button of this.#factors)
      setAttribute(button, "aria-disabled", String(isOver || typeof this.#value !== "number"));
  }

  /** @param {Run} run */
  render(run) {
    const isAnother = this.#run?.id !== run.id;
    if (isAnother) this.#held = new Held();
    if (isAnother) this.field.complain("");
    const before = this.#value;
    this.#run = run;
    const value = this.#value;
    // What somebody types stays until it is asked for or given up.
    const isMine = document.activeElement === this.input || this.input.getAttribute("aria-invalid");
    if (isAnother || !isMine || one(this.field) === before) {
      if (isAnother || !Object.is(one(this.field), value)) this.field.write(value);
    }
    this.input.disabled = hasEnded(run);
    this.#tell();
  }
}

/**
 * @param {Asking} asking
 * @returns {Part}
 */
export function hyperparameters(asking) {
  const first = make("div", { class: "first" });
  const rest = make("div", { class: "rest" });
  const summary = make("summary", {});
  const folded = make("details", {}, summary, rest);
  const element = make("div", { class: "hyperparameters" }, first, folded);
  /** @type {Live[]} */
  let fields = [];
  let rule = "";
  const build = (/** @type {Schema | undefined} */ schema) => {
    fields = Object.entries(schema?.properties ?? {})
      .filter(([name]) => name !== "rule")
      .map(([name, property]) => new Live(name, property, asking));
    const [one, ...others] = fields.map((field) => field.element);
    first.replaceChildren(...(one ? [one] : []));
    rest.replaceChildren(...others);
    folded.hidden = !others.length;
    setText(summary, texts.more(others.length));
  };
  return {
    element,
    render: (run) => {
      const known = asking.state.catalog?.rules.find(({ name }) => name === run.spec.update.rule);
      const key = known ? `${known.name}` : "";
      if (key !== rule) build(known?.schema);
      rule = key;
      for (const field of fields) field.render(run);
    },
  };
}

