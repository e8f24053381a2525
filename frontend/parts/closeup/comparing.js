/**
 * Is a run the same as another? Equal, or where they part, by how much, and why.
 * @module
 */

import { make, setText } from "../../dom.js";
import { loss } from "../../numbers.js";
import { closeup } from "../../texts.js";
import { compare } from "../../wire/curves.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../wire/curves.js").Compared} Compared */
/** @typedef {import("../../wire/curves.js").Difference} Difference */

const texts = closeup.checks;

/** Runs to choose from: the newest. */
const MOST_CHOICES = 200;

/**
 * @param {Asking} asking
 * @returns {Part}
 */
export function comparing(asking) {
  const { state } = asking;
  /** @type {Run} */
  let shown;
  let offered = "";
  /** What was asked last: an answer to anything else is of no matter. */
  let asked = {};
  const select = make("select", { id: "compared-run", change: () => void ask() });
  const found = make("div", { class: "compared", "aria-live": "polite" });
  const none = make("p", { class: "help" }, texts.noOther);
  const choice = make("div", { class: "field" }, make("label", { for: select.id }, texts.other), select);
  const ask = async () => {
    const [a, b] = [shown.id, select.value];
    const own = (asked = {});
    if (!b) return found.replaceChildren();
    found.replaceChildren(make("p", { class: "help" }, texts.comparing));
    const answer = await asking.ask(texts.compare, "", () => compare([a, b]));
    if (own !== asked) return;
    const see = () => state.look({ layout: "difference", pair: [a, b] });
    found.replaceChildren(...(answer ? [...told(answer), make("button", { type: "button", click: see }, texts.view)] : []));
  };
  const offer = (/** @type {Run[]} */ runs) => {
    const chosen = select.value;
    const options = runs.map((run) => make("option", { value: run.id }, state.distinct(run)));
    select.replaceChildren(make("option", { value: "" }, texts.choose), ...options);
    if (runs.some(({ id }) => id === chosen)) select.value = chosen;
    else if (chosen) void ask(); // it is gone: so is what was found of it
    choice.hidden = !runs.length;
    none.hidden = runs.length > 0;
  };
  return {
    element: make("div", { class: "comparing" }, make("h3", {}, texts.same), none, choice, found),
    render: (run) => {
      if (shown?.id !== run.id) {
        asked = {};
        found.replaceChildren();
        select.value = "";
      }
      shown = run;
      const runs = likely(run, state.listed()).slice(0, MOST_CHOICES);
      const key = runs.map((other) => other.id + state.distinct(other)).join(" ");
      if (key === offered && select.options.length) return;
      offered = key;
      offer(runs);
    },
  };
}

/** @param {Run} run @param {Run[]} listed @returns {Run[]} those that share its past first */
function likely({ id, forked_from }, listed) {
  const others = listed.filter((run) => run.id !== id);
  const kin = (/** @type {Run} */ run) => run.id === forked_from?.id || run.forked_from?.id === id;
  return [...others.filter(kin), ...others.filter((run) => !kin(run))];
}

/** @param {Compared} compared */
function told(compared) {
  const { equal, compared: both, first_difference: first, largest_absolute: absolute, largest_ulp: ulp, why } = compared;
  const verdict = !both ? texts.nothing : equal || first === null ? texts.equal(both) : texts.parts(first, both);
  const facts = [...fact(texts.absolute, absolute), ...fact(texts.ulp, ulp)];
  const said = make("p", { class: "verdict", "data-equal": String(Boolean(both) && equal) });
  setText(said, verdict);
  return [said, make("p", {}, why), ...(facts.length ? [make("dl", { class: "facts" }, ...facts)] : [])];
}

/** @param {string} title @param {Difference | null} difference */
function fact(title, difference) {
  if (!difference) return [];
  const value = loss(Number(difference.difference));
  return [make("dt", {}, title), make("dd", {}, texts.at(value, difference.iteration))];
}
