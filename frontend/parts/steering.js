/**
 * What is said to all runs at once, and how far a step goes.
 * @module
 */

import { hasEnded, isLive } from "../model/state.js";
import { make } from "./dom.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("./table.js").Intent} Intent */

/**
 * @param {HTMLElement} element
 * @param {State} state
 * @param {(intent: Intent, id: string) => void} onIntent
 */
export function steering(element, state, onIntent) {
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
  /** @type {[string, Intent, (run: import("../wire/api.js").Run) => boolean][]} */
  const bulk = [
    ["Pause all", "pause", isLive],
    ["Resume all", "resume", (run) => run.status === "paused"],
    ["Stop all", "stop", (run) => !hasEnded(run)],
    ["Delete ended", "delete", hasEnded],
  ];
  const buttons = bulk.map(([label, intent, concerns]) => {
    const click = () => {
      for (const run of state.listed().filter(concerns)) onIntent(intent, run.id);
    };
    return { concerns, element: make("button", { type: "button", click }, label) };
  });
  state.subscribe(() => {
    const runs = state.listed();
    for (const { concerns, element } of buttons) element.disabled = !runs.some(concerns);
  });
  element.append(
    make("label", { for: "step-size" }, "Step by"),
    size,
    ...buttons.map((button) => button.element),
  );
}
