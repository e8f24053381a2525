/**
 * The two runs whose difference is drawn.
 * @module
 */

import { make } from "../dom.js";
import { toolbar as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */

/** Runs that are offered, beside those that are chosen: the newest. */
const OFFERED = 200;

/** @param {State} state */
export function pairOfRuns(state) {
  const choose = () => {
    // One that is not in the list is not in the choices either, and stays.
    const [a = "", b = ""] = state.view.pair;
    const [one, other] = [first.value || a, second.value || b];
    state.look({ pair: [one || other, other || one] });
  };
  const first = make("select", { "aria-label": texts.first, change: choose });
  const second = make("select", { "aria-label": texts.second, change: choose });
  const element = make("div", { class: "pair" }, first, "−", second);
  let offered = "";
  const render = () => {
    element.hidden = state.view.layout !== "difference";
    if (element.hidden) return;
    if (!state.view.pair.length && !state.isLed) chooseTwo(state);
    const runs = [...new Set([...state.view.pair, ...state.listed().slice(0, OFFERED).map(({ id }) => id)])];
    const options = runs.flatMap((id) => {
      const run = state.runs.get(id);
      return run ? [[id, state.distinct(run)]] : [];
    });
    if (JSON.stringify(options) !== offered) {
      offered = JSON.stringify(options);
      for (const select of [first, second])
        select.replaceChildren(...options.map(([value = "", text = ""]) => make("option", { value }, text)));
    }
    [first.value, second.value] = [state.view.pair[0] ?? "", state.view.pair[1] ?? ""];
  };
  return { element, render };
}

/** Where no two are chosen, those that were shown last. @param {State} state */
function chooseTwo(state) {
  const [b, a] = state.shown().reverse();
  if (a && b) queueMicrotask(() => state.look({ pair: [a.id, b.id] }));
}
