/**
 * The small form that makes forks of a run: where they begin, how many, and what is another in them.
 * @module
 */

import { make, setText } from "../../dom.js";
import { count, setting } from "../../numbers.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { choiceField } from "../choices.js";
import { inputField, one } from "../fields.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../fields.js").Field} Field */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../wire/api.js").FieldProblem} FieldProblem */

const texts = closeup.fork;

/** What a fork is told as, so that its fields bear other ids than those of other forms. */
const FORM = "fork.";

/**
 * @param {Asking} asking
 * @param {(of: Run, runs: Run[]) => void} onMade
 * @returns {Part & {button: HTMLElement, open: () => void}} with the button that opens and closes it
 */
export function forking(asking, onMade) {
  /** @type {Run} */
  let shown;
  /** @type {Form | null} */
  let form = null;
  const element = make("div", { class: "fork", id: "fork" });
  const click = () => (form ? close() : open());
  const button = make(
    "button",
    { type: "button", "aria-controls": element.id, "aria-expanded": "false", click },
    closeup.verbs.fork,
  );
  const close = () => {
    const hadFocus = element.contains(document.activeElement);
    form = null;
    element.replaceChildren();
    button.setAttribute("aria-expanded", "false");
    if (hadFocus) button.focus();
  };
  const open = () => {
    form ??= begun();
    element.replaceChildren(form.element);
    button.setAttribute("aria-expanded", "true");
    form.focus();
  };
  const begun = () => {
    const own = new Form(asking, shown, close, (runs) => {
      if (form === own) close();
      onMade(own.run, runs);
    });
    return own;
  };
  return {
    element,
    button,
    open,
    render: (run) => {
      if (form && form.run.id !== run.id) close();
      shown = run;
      form?.render(run);
    },
  };
}

class Form {
  #message = make("p", { class: "error", role: "alert", hidden: true });
  #start = make("button", { type: "submit", class: "primary" }, texts.start);

  /**
   * @param {Asking} asking
   * @param {Run} run
   * @param {() => void} onClose
   * @param {(runs: Run[]) => void} onMade
   */
  constructor(asking, run, onClose, onMade) {
    const { catalog } = asking.state;
    this.run = run;
    this.asking = asking;
    this.onMade = onMade;
    const number = { type: "integer" };
    const same = { value: "", text: texts.same };
    const named = (/** @type {{name: string}[] | undefined} */ choices) => [
      same,
      ...(choices ?? []).map(({ name }) => ({ value: name, text: name })),
    ];
    this.at = inputField(`${FORM}at`, { ...number, title: texts.at });
    this.count = inputField(`${FORM}count`, { ...number, title: texts.count, default: 1 });
    this.relu = choiceField(`${FORM}relu`, { title: texts.relu }, named(catalog?.relus), { several: false });
    this.rule = choiceField(`${FORM}rule`, { title: texts.rule }, named(catalog?.rules), {
      several: false,
      onChange: () => this.render(this.run),
    });
    this.lr = inputField(`${FORM}lr`, { type: "number", title: texts.lr });
    this.iterations = inputField(`${FORM}iterations`, { ...number, title: texts.iterations });
    /** @type {Record<string, Field>} by the server's names */
    this.fields = {
      at: this.at,
      count: this.count,
      relu: this.relu,
      "update.rule": this.rule,
      "update.lr": this.lr,
      iterations: this.iterations,
    };
    this.element = make(
      "form",
      { novalidate: true, "aria-label": texts.title },
      make("p", { class: "help" }, texts.help),
      ...Object.values(this.fields).map((field) => field.element),
      this.#message,
      make(
        "div",
        { class: "buttons" },
        this.#start,
        make("button", { type: "button", click: onClose }, texts.close),
      ),
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#ask();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onClose();
    });
    this.render(run);
  }

  focus() {
    this.at.focus();
  }

  /** @param {Run} run tells what an empty field stands for */
  render(run) {
    this.run = run;
    const placeholder = (/** @type {Field} */ field, /** @type {string} */ text) => {
      const input = field.element.querySelector("input");
      if (input && input.placeholder !== text) input.placeholder = text;
    };
    const { lr } = run.spec.update;
    placeholder(this.at, `${texts.atNow} (${count(run.iteration)})`);
    placeholder(this.lr, one(this.rule) ? texts.lrOfRule : typeof lr === "number" ? setting(lr) : "");
    placeholder(this.iterations, String(run.spec["iterations"]));
  }

  /** @returns {Record<string, unknown>} what was typed; what was left empty is as it is */
  #read() {
    const given = (/** @type {Record<string, unknown>} */ fields) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
    const update = given({ rule: one(this.rule), lr: one(this.lr) });
    return given({
      at: one(this.at),
      count: one(this.count),
      relu: one(this.relu),
      update: Object.keys(update).length ? update : undefined,
      iterations: one(this.iterations),
    });
  }

  async #ask() {
    if (this.#start.getAttribute("aria-disabled") === "true") return;
    const { run } = this;
    this.#complain([]);
    this.#start.setAttribute("aria-disabled", "true");
    const refused = (/** @type {FieldProblem[]} */ errors) => this.#complain(errors);
    const made = await this.asking.ask(texts.title, run.id, () => api.fork(run.id, this.#read()), refused);
    this.#start.removeAttribute("aria-disabled");
    if (made) this.onMade(made.runs);
  }

  /** @param {FieldProblem[]} errors */
  #complain(errors) {
    const messages = new Map(errors.map(({ field, message }) => [this.#nameOf(field), message]));
    for (const [name, field] of Object.entries(this.fields)) {
      field.complain(messages.get(name) ?? "");
      messages.delete(name);
    }
    setText(this.#message, [...messages].map(([name, message]) => `${name}: ${message}`).join("; "));
    this.#message.hidden = !messages.size;
    /** @type {HTMLElement | null} */ (this.element.querySelector("[aria-invalid]"))?.focus();
  }

  /** @param {string} field as the server names it, where a rule of several is told as `update.sgd.lr` */
  #nameOf(field) {
    const parts = field.split(".");
    const short = `${parts[0]}.${parts.at(-1)}`;
    return field in this.fields ? field : short in this.fields ? short : field;
  }
}
