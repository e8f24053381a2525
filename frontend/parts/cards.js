/**
 * The ReLU implementations as cards, one of which is chosen, or several: each with its name and a
 * picture of what was measured of it on the server's torch; of the chosen one, code and help below.
 * @module
 */

import { make, setText } from "../dom.js";
import { kink } from "../draw/kink.js";
import { start as texts } from "../texts.js";
import { keepOne, orNone, severalToggle } from "./choices.js";
import { frame } from "./fields.js";

/** @typedef {import("../wire/api.js").Curve} Curve */
/** @typedef {import("../wire/api.js").Relu} Relu */
/** @typedef {import("../wire/api.js").Schema} Schema */
/** @typedef {import("./fields.js").Field} Field */

/** Until curves are asked for again, where the server did not answer. */
const RETRY_MS = 5000;

/**
 * @param {string} path
 * @param {Schema} schema
 * @param {Relu[]} relus
 * @param {(name: string) => Promise<Curve>} curveOf what the server measures
 * @returns {Field}
 */
export function cardsField(path, schema, relus, curveOf) {
  const cards = relus.map((relu) => new Card(path, relu));
  const inputs = cards.map(({ input }) => input);
  const group = make("div", { class: "cards", role: "radiogroup" }, ...cards.map(({ element }) => element));
  const title = make("p", { class: "implementation" });
  const code = make("code", { class: "lines" });
  const measured = make("p", { class: "help measured" });
  const strokes = make(
    "p",
    { class: "help strokes", "aria-hidden": "true" },
    ...Object.entries(texts.strokes).map(([name, text]) => make("span", { class: `stroke-${name}` }, text)),
  );
  const { element, label, help, complain } = frame(path, schema, group, strokes, title, code);
  help.after(measured);
  element.classList.add("relus");

  /** @type {Card | undefined} The one that is told of below. */
  let told;
  const tell = (/** @type {Card | undefined} */ card) => {
    told = card;
    const { relu, curve } = card ?? {};
    setText(title, relu && relu.title !== relu.name ? relu.title : "");
    setText(code, relu ? [`relu(h) = ${relu.formula}`, relu.code].join("\n") : "");
    setText(help, relu?.help ?? "");
    setText(measured, curve ? texts.measured(curve) : "");
  };
  const toggle = severalToggle(schema.title ?? path, (several) => {
    const first = cards.find(({ input }) => input.checked);
    group.setAttribute("role", several ? "group" : "radiogroup");
    for (const input of inputs) {
      input.type = several ? "checkbox" : "radio";
      input.checked = input === first?.input;
    }
    tell(first);
  });
  if (relus.length > 1) label.after(toggle.button);
  group.addEventListener("change", ({ target }) => {
    keepOne(inputs, target);
    tell(cards.find(({ input }) => input === target));
  });
  whenSeen(group, async () => {
    for (const card of cards) {
      if (card.curve) continue;
      card.show(await curveOf(card.relu.name));
      if (card === told) tell(card);
    }
  });

  const write = (/** @type {unknown[]} */ ...values) => {
    toggle.set(values.length > 1);
    for (const { input } of cards) input.checked = values.includes(input.value);
    tell(cards.find(({ input }) => input.checked));
  };
  write(schema.default ?? relus[0]?.name);
  return {
    path,
    element,
    complain,
    write,
    values: () => orNone(inputs.flatMap((input) => (input.checked ? input.value : []))),
    focus: () => (inputs.find((input) => input.checked) ?? inputs[0])?.focus(),
  };
}

class Card {
  /** @type {Curve | undefined} once it was measured */
  curve;
  #picture = make("span", { class: "picture" });
  #slope = make("span", { class: "at-0" });
  #nan = make("span", { class: "nan" });

  /**
   * @param {string} path
   * @param {Relu} relu
   */
  constructor(path, relu) {
    this.relu = relu;
    const id = `${path}-${relu.name}`;
    this.input = make("input", {
      type: "radio",
      name: path,
      value: relu.name,
      "aria-labelledby": id,
      "aria-describedby": `${id}-told`,
    });
    this.#picture.id = `${id}-told`;
    this.#picture.setAttribute("role", "img");
    this.#picture.setAttribute("aria-label", relu.title);
    const name = make("span", { class: "name", id }, relu.name);
    this.element = make(
      "label",
      { class: "card", title: `${relu.title}: ${relu.formula}` },
      this.input,
      this.#picture,
      name,
      this.#slope,
      this.#nan,
    );
  }

  /** @param {Curve} curve */
  show(curve) {
    this.curve = curve;
    this.#picture.setAttribute("aria-label", texts.picture(this.relu.title, curve));
    if (curve.error === null) this.#picture.replaceChildren(kink(curve));
    this.element.classList.toggle("unfit", curve.error !== null);
    setText(this.#slope, texts.slopeAt0(curve));
    setText(this.#nan, texts.swallowed(curve));
  }
}

/**
 * Do something once an element is seen; again a while later, where it failed.
 * @param {Element} element
 * @param {() => Promise<void>} work
 */
function whenSeen(element, work) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    work().catch(() => setTimeout(() => observer.observe(element), RETRY_MS));
  });
  observer.observe(element);
}
