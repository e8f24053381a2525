/**
 * What is said to all runs at once, and how far a step goes.
 * @module
 */

import { canResume, hasEnded, isLive } from "../model/states.js";
import { count } from "../numbers.js";
import { steering as texts } from "../texts.js";
import { make } from "./dom.js";
import { asked } from "./question.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../actions.js").Intent} Intent */

/** @type {{label: string, intent: Intent, concerns: (run: Run) => boolean, question?: [string, string]}[]} */
const BULK = [
  { label: texts.pauseAll, intent: "pause", concerns: isLive },
  { label: texts.resumeAll, intent: "resume", concerns: canResume },
  { label: texts.stopAll, intent: "stop", concerns: (run) => !hasEnded(run) },
  {
    label: texts.deleteEnded,
    intent: "delete",
    concerns: hasEnded,
    question: [texts.deleteSure, texts.delete],
  },
];

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {(intent: Intent, ids: string[]) => void} onIntent
 * @returns {() => void} what draws it
 */
export function steering(element, state, onIntent) {
  const buttons = BULK.map(({ label, intent, concerns, question }) => {
    const click = async () => {
      const ids = state.listed().filter(concerns).map((run) => run.id);
      if (!ids.length) return;
      const sure = !question || (await asked(question[0], `${question[1]} ${count(ids.length)}`));
      if (sure) onIntent(intent, ids);
    };
    return { concerns, element: make("button", { type: "button", click: () => void click() }, label) };
  });
  element.append(...stepSize(state), ...buttons.map((button) => button.element));
  return () => {
    const runs = state.listed();
    for (const { concerns, element } of buttons) {
      // Not `disabled`, which would take the focus away from who has just pressed it.
      element.setAttribute("aria-disabled", String(!runs.some(concerns)));
    }
  };
}

/** @param {State} state */
function stepSize(state) {
  const size = make("input", {
    type: "number",
    id: "step-size",
    min: "1",
    step: "1",
    value: String(state.stepSize),
  });
  size.addEventListener("change", () => {
    state.set({ stepSize: Math.max(1, Math.floor(Number(size.value)) || 1) });
    size.value = String(state.stepSize);
  });
  return [make("label", { for: "step-size" }, texts.stepBy), size];
}
