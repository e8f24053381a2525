/**
 * What the page does not hold of the runs that it watches, asked of the server when it is needed: the
 * past of a long run when it is first seen, its average, a part of it more finely, the times of its
 * iterations, and how far two runs are apart.
 * @module
 */

import { Detail } from "../model/detail.js";
import { Refusal } from "./call.js";
import * as curves from "./curves.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../model/traces.js").History} Told */
/** @typedef {import("../model/difference.js").Difference} Difference */

/**
 * A part of a curve that is wanted more finely.
 * @typedef {object} Part
 * @property {number} start
 * @property {number} stop
 * @property {number} points about how many draw it
 */

/**
 * @typedef {object} Question
 * @property {string} about of which only the newest is wanted
 * @property {string} id of a run that is drawn with what is told
 * @property {Trace | Difference} curve that it is of
 * @property {string} text what tells it from others about the same
 * @property {() => Promise<void>} ask
 */

/** Points of an overview of all of a run. */
const POINTS = 8192;

/** How much more than is seen is asked for on each side, as a share of it, so that one can look around. */
const MARGIN = 0.5;

/** The page draws every iteration where there are no more than points; the server, where there are half as many. */
const FINER = 2;

/** Questions that are under way at once. */
const AT_ONCE = 4;

/** Until a question that was not answered is asked again. */
const RETRY_MS = 2000;

export class Histories {
  /** @type {Map<string, Question>} What is to be asked, by what it is about: the newest of each. */
  #wanted = new Map();
  /** @type {Map<string, Question>} What is under way. */
  #asked = new Map();
  /** @type {WeakMap<Trace | Difference, Map<number, string>>} What was asked last of a part, by the weight. */
  #answered = new WeakMap();

  /**
   * @param {State} state
   * @param {(id: string) => void} onNew called where more is known of a run
   */
  constructor(state, onNew) {
    this.state = state;
    this.onNew = onNew;
  }

  /** Ask for the past of the runs that wait for it. */
  begin() {
    for (const [id, trace] of this.state.traces) if (trace.isAwaited) this.#begin(id, trace);
  }

  /** @param {string} id @param {Trace} trace */
  #begin(id, trace) {
    const ask = async () => {
      const told = await curves.overview(id, { points: POINTS });
      if (this.state.traces.get(id) !== trace || !trace.isAwaited) return;
      trace.seed(told);
      this.state.changed();
      this.onNew(id);
    };
    this.#want({ about: `past ${id}`, id, curve: trace, text: "", ask });
  }

  /**
   * @param {string} id
   * @param {Trace} trace
   * @param {number} weight of the average that is wanted; 0 for the losses
   * @param {Part} part
   */
  refine(id, trace, weight, part) {
    if (trace.isAwaited) return;
    if (!trace.series(weight)) return this.#average(id, trace, weight);
    this.#part(id, id, trace, weight, part, async (wanted) => {
      trace.refine(weight, new Detail(await curves.overview(id, { ...wanted, smoothing: weight })));
      this.onNew(id);
    });
  }

  /** @param {[string, string]} pair @param {Difference} difference @param {Part} part */
  refineApart(pair, difference, part) {
    this.#part(pair.join(" "), pair[0], difference, 0, part, async (wanted) => {
      difference.detail = new Detail((await curves.apart(pair, wanted)).difference);
      this.onNew(pair[0]);
    });
  }

  /**
   * @param {string} what
   * @param {string} id
   * @param {Trace | Difference} curve
   * @param {number} weight
   * @param {Part} part
   * @param {(wanted: Part) => Promise<void>} get
   */
  #part(what, id, curve, weight, { start, stop, points }, get) {
    const margin = Math.ceil(MARGIN * (stop - start));
    const wanted = {
      start: Math.max(0, start - margin),
      stop: Math.min(curve.length, stop + margin),
      points: Math.round(FINER * points * (1 + 2 * MARGIN)),
    };
    const text = JSON.stringify(wanted);
    // What was answered already is as fine as it can be had.
    if (this.#answered.get(curve)?.get(weight) === text) return;
    const ask = async () => {
      await get(wanted);
      const answered = this.#answered.get(curve) ?? new Map();
      this.#answered.set(curve, answered.set(weight, text));
    };
    this.#want({ about: `part ${weight} ${what}`, id, curve, text, ask });
  }

  /** @param {string} id @param {Trace} trace @param {number} weight */
  #average(id, trace, weight) {
    const ask = async () => {
      const told = await curves.overview(id, { points: POINTS, smoothing: weight, stop: trace.length });
      if (trace.seedAverage(weight, told)) this.onNew(id);
    };
    this.#want({ about: `average ${id}`, id, curve: trace, text: String(weight), ask });
  }

  /** @param {string} id @param {Trace} trace of which the times of its iterations are wanted */
  times(id, trace) {
    if (trace.times.isTold || !trace.length) return;
    const ask = async () => {
      const { iterations, at } = await curves.times(id);
      trace.times.correct(iterations, at);
      this.onNew(id);
    };
    this.#want({ about: `times ${id}`, id, curve: trace, text: "", ask });
  }

  /** @param {[string, string]} pair @param {Difference} difference whose past is wanted */
  apart(pair, difference) {
    const ask = async () => {
      const { difference: told, first } = await curves.apart(pair, { points: POINTS });
      difference.seed(told, first);
      this.onNew(pair[0]);
    };
    this.#want({ about: `apart ${pair.join(" ")}`, id: pair[0], curve: difference, text: "", ask });
  }

  /** @param {Question} question each drawing has one for all that it lacks, be it under way or not */
  #want(question) {
    const { about, curve, text } = question;
    const asked = this.#asked.get(about);
    if (asked?.curve === curve && asked.text === text) this.#wanted.delete(about);
    else this.#wanted.set(about, question);
    this.#next();
  }

  #next() {
    for (const [about, question] of this.#wanted) {
      if (this.#asked.size >= AT_ONCE) return;
      if (this.#asked.has(about)) continue;
      this.#wanted.delete(about);
      this.#asked.set(about, question);
      void this.#ask(question);
    }
  }

  /** @param {Question} question */
  async #ask({ about, id, ask }) {
    let isRefused = false;
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      isRefused = true;
      // Who still needs it asks again; not at once, or a server that is not there is asked for ever.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } finally {
      this.#asked.delete(about);
      this.#next();
    }
    if (!isRefused) return;
    this.state.changed();
    this.onNew(id); // a chart that waits is drawn anew, and asks
  }
}
