/**
 * How much losses are smoothed. A slider that goes by how many iterations the average looks back on,
 * since 0.9 and 0.99 are as far from each other as 0 and 0.9.
 * @module
 */

import { make, setText } from "../dom.js";
import { setting } from "../numbers.js";
import { toolbar as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */

/** Steps of the slider; at the last, the weight of what came before is 0.999. */
const STEPS = 60;
const STEPS_A_NINE = STEPS / 3;

/** @param {number} step */
const weightOf = (step) => (step ? Number((1 - 10 ** (-step / STEPS_A_NINE)).toFixed(4)) : 0);

/** @param {number} weight */
const stepOf = (weight) => Math.round(-STEPS_A_NINE * Math.log10(1 - weight));

/** @param {State} state */
export function smoothing(state) {
  const choose = () => state.look({ smoothing: weightOf(Number(slider.value)) });
  const slider = make("input", {
    type: "range",
    id: "smoothing",
    min: "0",
    max: String(STEPS),
    title: texts.smoothingHelp,
    input: choose,
  });
  const told = make("span", { class: "told", "aria-hidden": "true" });
  const element = make("div", { class: "smoothing" }, make("label", { for: "smoothing" }, texts.smoothing), slider, told);
  const render = () => {
    const { smoothing } = state.view;
    slider.value = String(stepOf(smoothing));
    slider.setAttribute("aria-valuetext", smoothing ? setting(smoothing) : texts.none);
    setText(told, smoothing ? setting(smoothing) : texts.none);
  };
  return { element, render };
}
