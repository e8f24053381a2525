/**
 * The verbs of one run: pause, step, stop, fork, replay, and again from the start.
 * @module
 */

import { make, setText } from "../../dom.js";
import { hasEnded, isLive } from "../../model/states.js";
import { count } from "../../numbers.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { icon } from "../icons.js";
import { stepSize } from "../stepping.js";
import { forking } from "./fork.js";
import { runLink } from "./links.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */

const texts = closeup.verbs;

/**
 * @param {Asking} asking
 * @returns {Part & {fork: () => void}} what makes others of it, or forgets it; and what opens the form
 *   for forks
 */
export function making(asking) {
  const { state } = asking;
  let shown = "";
  const told = make("p", { class: "told", "aria-live": "polite" });
  const made = (/** @type {Run} */ of, /** @type {string} */ what, /** @type {Run[]} */ runs) => {
    if (of.id !== shown) return;
    const links = runs.map((run) => runLink(state, run, run.spec["name"] ?? run.id.slice(0, 8)));
    told.replaceChildren(what, ...links.flatMap((link) => [" ", link]));
  };
  const fork = forking(asking, (of, runs) => made(of, closeup.fork.made(runs.length), runs));
  const others = further(asking, fork.button, made);
  const element = make("div", { class: "making" }, others.element, fork.element, told);
  return {
    element,
    fork: fork.open,
    render: (run) => {
      if (run.id !== shown) told.replaceChildren();
      shown = run.id;
      others.render(run);
      fork.render(run);
    },
  };
}

/**
 * @param {Asking} asking
 * @param {() => void} leave takes the focus elsewhere
 * @returns {Part} what moves it on, and stops it: not offered of a run that is over for good
 */
export function moving(asking, leave) {
  const { state } = asking;
  /** @type {Run} */
  let shown;
  const verb = (/** @type {"pause" | "resume" | "stop"} */ name) =>
    void asking.ask(texts[name], shown.id, () => api.ask(shown.id, name));
  const step = (/** @type {number} */ iterations) =>
    void asking.ask(texts.step(count(iterations)), shown.id, () => api.step(shown.id, iterations));
  const turn = act(() => verb(isLive(shown) ? "pause" : "resume"), "primary turn");
  const one = act(() => step(1), "", texts.stepOne);
  const many = act(() => step(state.stepSize));
  const { input: size, render: renderSize } = stepSize(state, { class: "size", "aria-label": texts.stepSize });
  size.addEventListener("keydown", ({ key, repeat, isComposing }) => {
    if (key !== "Enter" || repeat || isComposing) return;
    size.dispatchEvent(new Event("change"));
    step(state.stepSize);
  });
  const stop = act(() => verb("stop"), "", texts.stop);
  const stepping = make("span", { class: "joined" }, many, size);
  const element = make("div", { class: "verbs", role: "group", "aria-label": texts.label }, turn, one, stepping, stop);
  return {
    element,
    render: (run) => {
      shown = run;
      const isOver = hasEnded(run);
      if (isOver && element.contains(document.activeElement)) leave();
      element.hidden = isOver;
      const isGoing = isLive(run);
      const label = isGoing ? texts.pause : texts.resume;
      if (turn.dataset["verb"] !== label) turn.replaceChildren(icon(isGoing ? "pause" : "play"), ` ${label}`);
      turn.dataset["verb"] = label;
      setText(many, texts.step(""));
      renderSize();
    },
  };
}

/**
 * @param {Asking} asking
 * @param {HTMLElement} fork what opens the form for forks
 * @param {(of: Run, what: string, runs: Run[]) => void} made
 * @returns {Part}
 */
function further(asking, fork, made) {
  /** @type {Run} */
  let shown;
  const replay = async () => {
    const of = shown;
    const run = await asking.ask(texts.replay, of.id, () => api.replay(of.id));
    if (run) made(of, closeup.fork.replayed, [run]);
  };
  const replaying = act(() => void replay(), "", texts.replay);
  replaying.title = texts.replayHelp;
  const starting = act(() => asking.onIntent("again", [shown.id]), "", texts.again);
  starting.title = texts.againHelp;
  const element = make(
    "div",
    { class: "verbs further" },
    fork,
    replaying,
    starting,
    act(() => asking.onIntent("delete", [shown.id]), "danger", texts.delete),
  );
  return { element, render: (run) => void (shown = run) };
}

/**
 * @param {() => void} click
 * @param {string} [className]
 * @param {string} [label]
 */
function act(click, className = "", label = "") {
  return make("button", { type: "button", class: className, click }, label);
}
