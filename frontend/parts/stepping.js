/**
 * How far a longer step goes: a field that is there twice, for runs of the table and for the one close
 * up, and has the same in both.
 * @module
 */

import { make } from "../dom.js";

/** @typedef {import("../model/state.js").State} State */

/**
 * @param {State} state
 * @param {Record<string, string>} attributes
 * @returns {{input: HTMLInputElement, render: () => void}}
 */
export function stepSize(state, attributes) {
  const input = make("input", { ...attributes, inputmode: "numeric", autocomplete: "off" });
  input.addEventListener("change", () => {
    state.set({ stepSize: Math.max(1, Math.floor(Number(input.value)) || 1) });
    input.value = String(state.stepSize);
  });
  const render = () => {
    const value = String(state.stepSize);
    if (document.activeElement !== input && input.value !== value) input.value = value;
  };
  render();
  return { input, render };
}
