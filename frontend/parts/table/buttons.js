/**
 * The buttons of a run's row: what each does now, by the run's state.
 * @module
 */

import { make, setAttribute } from "../../dom.js";
import { canResume, hasEnded, isLive } from "../../model/states.js";
import { actions, table as texts } from "../../texts.js";
import { icon } from "../icons.js";

/** @typedef {import("../../wire/api.js").Run} Run */
/** @typedef {import("../../actions.js").Intent} Intent */
/** @typedef {import("../icons.js").Icon} Icon */
/** @typedef {{intent: Intent, icon: Icon, label: string}} Action */

/** @type {Record<"pause" | "resume" | "step" | "fast" | "slow" | "stop" | "remove", Action>} */
const ACTIONS = {
  pause: { intent: "pause", icon: "pause", label: actions.pause },
  resume: { intent: "resume", icon: "play", label: actions.resume },
  step: { intent: "step", icon: "step", label: actions.step },
  fast: { intent: "full_speed", icon: "fast", label: actions.full_speed },
  slow: { intent: "watch_pace", icon: "slow", label: texts.slow },
  stop: { intent: "stop", icon: "stop", label: actions.stop },
  remove: { intent: "delete", icon: "remove", label: actions.delete },
};

/**
 * What each button of a row does now; null where it is not offered. A button that turns into its
 * opposite stays the same one, so that who has pressed it still has it in hand.
 * @type {((run: Run) => Action | null)[]}
 */
export const BUTTONS = [
  (run) => (isLive(run) ? ACTIONS.pause : canResume(run) ? ACTIONS.resume : null),
  (run) => (hasEnded(run) ? null : ACTIONS.step),
  (run) => (hasEnded(run) ? null : run.spec["pace"] === null ? ACTIONS.slow : ACTIONS.fast),
  (run) => (hasEnded(run) ? null : ACTIONS.stop),
  () => ACTIONS.remove,
];

/** A button of a row. */
export class ActionButton {
  /** @type {Action | null} */
  #action = null;

  /**
   * @param {(run: Run) => Action | null} choose
   * @param {(intent: Intent) => void} onIntent
   */
  constructor(choose, onIntent) {
    this.choose = choose;
    this.element = make("button", {
      type: "button",
      click: () => this.#action && onIntent(this.#action.intent),
    });
  }

  /** @param {Run} run @param {string} title */
  render(run, title) {
    const action = this.choose(run);
    this.element.hidden = !action;
    if (action) setAttribute(this.element, "aria-label", texts.act(action.label, title));
    if (!action || action === this.#action) return;
    this.#action = action;
    this.element.title = action.label;
    this.element.dataset["intent"] = action.intent;
    this.element.replaceChildren(icon(action.icon));
  }
}
