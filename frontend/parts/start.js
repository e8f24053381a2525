/**
 * The panel to start runs from: the tutorials, sets of runs, and the form. It can be folded away.
 * Whoever has a run to be started again with changes tells it to the document, as an event `again`
 * with its spec.
 * @module
 */

import { WANTED } from "../actions.js";
import { byId, make, setAttribute, setText } from "../dom.js";
import { takesPlace } from "../model/states.js";
import * as sweep from "../model/sweep.js";
import { asked } from "../question.js";
import { start } from "../starting.js";
import { start as texts } from "../texts.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { presets } from "./presets.js";
import { bringIntoSight } from "./sight.js";
import { say } from "./toast.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../wire/api.js").Catalog} Catalog */
/** @typedef {import("../model/sweep.js").Grid} Grid */
/** @typedef {import("../model/sweep.js").Spec} Spec */

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} tools where the button is that brings the panel back
 * @param {State} state
 * @returns {() => void} what draws it
 */
export function startPanel(element, tools, state) {
  const fold = make(
    "button",
    { type: "button", class: "fold", "aria-label": texts.fold, title: texts.fold, click: () => foldAway() },
    icon("fold"),
  );
  const newRun = make("button", { type: "button", id: "new-run", click: () => unfold() }, texts.newRun);
  tools.prepend(newRun);
  /** @type {Panel | null} */
  let panel = null;
  /** Whether who is to start a run waits at the button to fold it until the catalog is there. */
  let waits = false;
  const render = () => {
    if (!state.readOnly) panel ??= new Panel(element, fold, state);
    element.hidden = state.readOnly || !state.view.start;
    element.parentElement?.classList.toggle("with-start", !element.hidden);
    newRun.hidden = state.readOnly; // and while the panel is seen, by style/closeup.css
    panel?.render();
    if (!waits || !panel?.first) return;
    waits = false;
    if (document.activeElement === fold) focus();
  };
  const focus = () => {
    waits = !panel?.first;
    (panel?.first ?? fold).focus();
  };
  /** @param {() => void} then once it is there; without room for both, in place of the run close up */
  const bring = (then) => {
    state.look({ start: true });
    render();
    if (getComputedStyle(element).display === "none") state.look({ run: "" });
    const look = () => {
      if (element.checkVisibility()) then(); // what is not seen takes no focus
      else if (state.view.start) requestAnimationFrame(look);
    };
    requestAnimationFrame(look); // after the page is drawn
  };
  const unfold = () => bring(focus);
  const foldAway = () => {
    state.look({ start: false });
    render();
    newRun.focus();
  };
  document.addEventListener(WANTED.again, (event) => {
    if (event instanceof CustomEvent && !state.readOnly) bring(() => panel?.form?.fill(event.detail.spec));
  });
  return render;
}

class Panel {
  /** @type {Form | null} once the catalog is there */
  form = null;
  #tutorials = make("div", { id: "presets" }, make("p", { class: "help" }, texts.waiting));
  #sets = make("div", { id: "sets" });
  #form = make("form", { id: "form", novalidate: true });
  #tellPace = (/** @type {string} */ _told) => {};
  #isStarting = false;

  /**
   * @param {HTMLElement} element
   * @param {HTMLElement} fold
   * @param {State} state
   */
  constructor(element, fold, state) {
    this.state = state;
    element.append(
      section("presets-title", texts.tutorials, this.#tutorials, fold),
      section("sets-title", texts.sets, this.#sets),
      section("form-title", texts.form, this.#form),
    );
  }

  /** What starts a run at once; null until the catalog is there. */
  get first() {
    return this.#tutorials.querySelector("button");
  }

  render() {
    const { catalog } = this.state;
    if (catalog && !this.form) this.#mount(catalog);
    if (this.form) this.#tell(this.form);
  }

  /** @param {Catalog} catalog */
  #mount(catalog) {
    const form = new Form(this.#form, catalog, () => void this.#start(form), () => this.#tellAll());
    this.form = form;
    this.#tellPace = presets(
      { tutorials: this.#tutorials, sets: this.#sets },
      catalog,
      ({ spec, grid }, onStarting) =>
        this.#begin({ ...spec, pace: form.paceOfPresets.pace }, grid, onStarting),
      ({ spec, grid }) => form.fill(spec, grid),
    );
    this.#tellAll();
  }

  #tellAll() {
    if (!this.form) return;
    this.#tellPace(this.form.paceOfPresets.told);
    this.#tell(this.form);
  }

  /** How many runs the form would start, and whether they are too many. @param {Form} form */
  #tell(form) {
    if (this.#isStarting) return;
    const runs = sweep.count(form.read().grid);
    setText(form.button, texts.startAll(runs));
    setText(form.limit, this.#excess(runs));
  }

  /** @param {Form} form */
  async #start(form) {
    if (this.#isStarting) return;
    const { base, grid } = form.read();
    const runs = sweep.count(grid);
    this.#isStarting = true;
    setAttribute(form.button, "aria-disabled", "true");
    const onStarting = () => {
      if (runs > 1) setText(form.button, texts.starting(runs));
    };
    const started = await this.#begin(base, grid, onStarting, (errors) => form.complain(errors));
    form.button.removeAttribute("aria-disabled");
    this.#isStarting = false;
    if (started === runs) form.complain([]);
    this.#tell(form);
  }

  /**
   * Start the runs of a grid, unless they are too many, or more than were meant.
   * @param {Spec} base
   * @param {Grid} grid
   * @param {() => void} onStarting once it is known that they are meant
   * @param {(errors: import("../wire/api.js").FieldProblem[]) => void} [onWrongFields]
   * @returns {Promise<number>} how many were started
   */
  async #begin(base, grid, onStarting, onWrongFields) {
    const runs = sweep.count(grid);
    const notice = this.#excess(runs);
    if (notice) this.state.set({ notice });
    if (notice || (runs > sweep.UNASKED && !(await asked(texts.many(runs), texts.start)))) return 0;
    onStarting();
    const started = await start(this.state, base, grid, onWrongFields);
    if (started) {
      say(texts.started(started));
      bringIntoSight(byId("charts"));
    }
    return started;
  }

  /** @param {number} runs @returns {string} why they are too many; empty where they are not */
  #excess(runs) {
    const limit = this.state.catalog?.limits["live_runs"] ?? Infinity;
    const live = runs > 1 ? this.state.listed().filter(takesPlace).length : 0;
    return runs > 1 && live + runs > Math.min(limit, sweep.MOST_VALUES) ? texts.tooMany(limit, live) : "";
  }
}

/**
 * @param {string} id of its title
 * @param {string} title
 * @param {HTMLElement} content
 * @param {...HTMLElement} more in its head
 */
function section(id, title, content, ...more) {
  const head = make("div", { class: "bar" }, make("h2", { id }, title), ...more);
  return make("section", { "aria-labelledby": id }, head, content);
}
