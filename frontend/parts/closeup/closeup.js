/**
 * One run close up: its head, what steers it, and all that is known of it.
 * @module
 */

import { WANTED } from "../../actions.js";
import { byId, make } from "../../dom.js";
import { closeup as texts } from "../../texts.js";
import { Asking } from "./asking.js";
import { checks } from "./checks.js";
import { diagnostics } from "./diagnostics.js";
import { environment } from "./environment.js";
import { events } from "./events.js";
import { head } from "./head.js";
import { hyperparameters } from "./hyperparameters.js";
import { pace } from "./pace.js";
import { script } from "./script.js";
import { settings } from "./settings.js";
import { making, moving } from "./steering.js";
import { tabs } from "./tabs.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("../../wire/api.js").Run} Run */

export class Closeup {
  /** The run that is shown. */
  #shown = "";
  #body = make("div", { class: "whole-run" });
  #empty = make("div", { class: "whole-run absent" });
  #message = make("p", { "aria-live": "polite" });

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {import("../../model/listing.js").Listing} listing
   * @param {import("../table/table.js").OnIntent} onIntent
   * @param {(id: string) => void} onAsked called with a run that something was asked of
   * @param {(id: string, isFar: boolean) => boolean} onLeft takes the focus to the row of a run, which may
   *   be far from what was seen; false where it has none
   */
  constructor(element, state, listing, onIntent, onAsked, onLeft) {
    this.element = element;
    this.state = state;
    this.onLeft = onLeft;
    const asking = new Asking(state, onIntent, (id) => id && onAsked(id));
    const close = () => this.#close();
    this.head = head(asking, listing, close);
    this.diagnostics = diagnostics(state);
    this.tabs = tabs({
      diagnostics: this.diagnostics,
      settings: settings(asking),
      events: events(state),
      environment: environment(state),
      checks: checks(asking),
      script: script(state),
    });
    const verbs = moving(asking, () => this.head.focus());
    this.making = making(asking);
    const others = [this.making, pace(asking), hyperparameters(asking)];
    this.steering = [verbs, ...others];
    this.steer = make("div", { class: "steer" }, ...others.map((part) => part.element));
    this.looking = make("p", { class: "help" }, texts.readOnly);
    this.top = make("div", { class: "top" }, this.head.element, verbs.element);
    this.#body.append(this.top, this.head.facts, this.steer, this.looking, this.tabs.element);
    this.#empty.append(this.#message, make("button", { type: "button", click: close }, texts.close));
    element.addEventListener("keydown", (event) => {
      const typed = /** @type {HTMLElement} */ (event.target).closest("input, select");
      if (event.key === "Escape" && !typed && !event.defaultPrevented) close();
    });
    document.addEventListener(WANTED.fork, () => {
      if (state.readOnly) return;
      this.render(); // so that its run is the one that is shown
      if (this.#shown) this.making.fork();
    });
  }

  /** There are new rows of the run that is shown. */
  touch() {
    if (!this.element.hidden && this.tabs.selected() === "diagnostics") this.diagnostics.touch();
  }

  render() {
    const { state, element } = this;
    const { run: id } = state.view;
    const run = state.runs.get(id);
    const before = this.#shown;
    element.hidden = !id;
    element.parentElement?.classList.toggle("with-closeup", !element.hidden);
    const content = run ? this.#body : id ? this.#empty : null;
    if (element.firstChild !== content) element.replaceChildren(...(content ? [content] : []));
    this.#shown = run?.id ?? "";
    if (run) this.#draw(run);
    else this.#message.textContent = state.isListed ? texts.missing : texts.loading;
    if (run && before !== run.id) this.#opened(before !== "");
    else if (!id && before) this.#closed(before);
  }

  /** @param {Run} run */
  #draw(run) {
    const { readOnly } = this.state;
    for (const { element } of this.steering) element.hidden = readOnly;
    this.steer.hidden = readOnly;
    this.looking.hidden = !readOnly;
    this.head.render(run);
    if (!readOnly) for (const part of this.steering) part.render(run);
    this.tabs.render(run);
  }

  /** @param {boolean} wasOpen at another run: then the hand stays where it is */
  #opened(wasOpen) {
    if (wasOpen) return;
    this.element.scrollTop = 0;
    // Not while the page is opened on a run: nobody asked for the focus then.
    if (document.activeElement === document.body) return;
    this.head.focus();
    if (this.element.getBoundingClientRect().top < 0) this.element.scrollIntoView();
  }

  #close() {
    this.state.look({ run: "" });
  }

  /** @param {string} id of the run that was shown: the focus goes to its row, or to the table */
  #closed(id) {
    const focused = document.activeElement;
    if (focused && focused !== document.body && !this.element.contains(focused)) return;
    const isBeside = getComputedStyle(this.element).position === "sticky";
    if (this.onLeft(id, !isBeside)) return;
    const table = byId("table");
    table.tabIndex = -1;
    table.focus({ preventScroll: true });
  }
}
