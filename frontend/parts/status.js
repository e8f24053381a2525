/**
 * How the page stands with the server: connected or not, and how old the newest point is.
 * @module
 */

import { age } from "../texts.js";
import { make, setText } from "./dom.js";

/** @typedef {import("../model/state.js").State} State */

const WORDS = {
  connecting: "connecting…",
  connected: "connected",
  offline: "not connected, trying again…",
};

/** Between two looks at the age. */
const LOOK_MS = 250;

/**
 * @param {HTMLElement} element
 * @param {State} state
 */
export function status(element, state) {
  const connection = make("span", { class: "connection" });
  const newest = make("span", { class: "age", "aria-live": "off" });
  element.append(connection, newest);
  const render = () => {
    element.dataset["connection"] = state.connection;
    setText(connection, WORDS[state.connection]);
    const seconds = state.age();
    setText(newest, seconds === null ? "nothing running" : `newest point ${age(seconds)} old`);
  };
  state.subscribe(render);
  setInterval(render, LOOK_MS);
  render();
}
