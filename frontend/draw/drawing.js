/**
 * From the state to what each chart has on it: curves, axes, and what is said beneath. Draws nothing.
 * @module
 */

import { Difference } from "../model/difference.js";
import { isLive } from "../model/states.js";
import { sentence } from "../model/told.js";
import { loss } from "../numbers.js";
import { charts as texts } from "../texts.js";
import { span } from "./axes.js";
import { band } from "./band.js";
import { curve, line, nested, unshown, WIDTH } from "./curves.js";
import { Framing } from "./framing.js";
import { moments } from "./moments.js";
import { style } from "./palette.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/subjects.js").Subject} Subject */
/** @typedef {import("../model/subjects.js").Entry} Entry */
/** @typedef {import("../model/traces.js").Trace} Trace */
/** @typedef {import("../wire/api.js").Run} Run */
/** @typedef {import("../wire/history.js").Histories} Histories */
/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./curves.js").Look} Look */
/** @typedef {import("./layout.js").Frame} Frame */

/**
 * @typedef {object} Drawn
 * @property {Curve[]} curves
 * @property {Frame} frame
 * @property {string} lost what is not on the curves
 * @property {string} thinned how they were thinned
 * @property {string} blank what is said where there is nothing to draw; empty where there is
 */

/** Points of all curves of one figure together: with twice as many, clicks wait while sixteen runs train. */
const FIGURE_POINTS = 8_000;

/** Of each curve: a lowest and a highest for each pixel; and at least so many, however many curves there are. */
const POINTS_A_PIXEL = 2;
const FEWEST_POINTS = 100;

/** Digits by which all numbers of a type can be told apart. */
const DIGITS = /** @type {Record<string, number>} */ ({ float32: 9, float64: 17 });

/** What happens to a run that bends its curve, or stands in it. */
const MARKED = ["changed", "paused", "interrupted", "forked", "differs"];

export class Drawing {
  /** @type {Difference | null} */
  #difference = null;
  /** What all charts of a grid show, where they share their axes, as it was told last. */
  #shared = "";
  #axes;

  /** @param {State} state @param {Histories} histories */
  constructor(state, histories) {
    this.state = state;
    this.#axes = new Framing(state);
    this.histories = histories;
  }

  /** @returns {boolean} whether the axes that charts share have moved since this was asked last */
  hasMoved() {
    const { layout, axes } = this.state.view;
    if (layout !== "grid" || axes !== "shared") return false;
    const before = this.#shared;
    this.#shared = JSON.stringify(this.#axes.ofAll());
    return this.#shared !== before;
  }

  /** @param {Subject} subject @returns {string[]} the runs that are on it */
  on({ entries, pair }) {
    return [...entries.flatMap(({ runs }) => runs), ...(pair ?? [])].map(({ id }) => id);
  }

  /** @param {Subject} subject @returns {[number, number] | null} places on the axis across that show all of it */
  whole({ entries, pair }) {
    return this.#axes.whole(pair ?? entries.flatMap(({ runs }) => runs)).x;
  }

  /** @param {Subject} subject @returns {string} what it draws and how, but for the losses */
  subject(subject) {
    const { scale, xscale, x, smoothing, axes, layout, group } = this.state.view;
    const looks = [
      ...subject.entries.map(({ title, place }) => [title, place]),
      ...(subject.pair ?? []).map((run) => [this.state.title(run), this.state.placeOf(run.id)]),
    ];
    const events = this.on(subject).map((id) => [this.state.events.get(id)?.length, this.state.runs.get(id)?.status]);
    return JSON.stringify([
      [scale, xscale, x, smoothing, axes, layout, group, this.state.zoomOf(subject.zoom)],
      [subject.key, this.on(subject), looks, events, this.#blank],
    ]);
  }

  /** @param {Subject} subject @param {number} width in pixels @returns {Drawn} */
  of(subject, width) {
    const { view } = this.state;
    if (view.layout === "difference") return this.#apart(subject, width);
    const entries = subject.entries.filter(({ runs }) => this.#traces(runs).some(({ length }) => length));
    const zoom = this.state.zoomOf(subject.zoom);
    const most = Math.max(FEWEST_POINTS, FIGURE_POINTS / Math.max(1, entries.length));
    const seen = {
      x: zoom.x,
      points: Math.round(Math.min(POINTS_A_PIXEL * width, most)),
      smoothing: view.smoothing,
      ...this.#axes.scales,
    };
    const traces = entries.flatMap(({ runs }) => this.#traces(runs));
    // Along time the same losses are at other places.
    const { widths, alike } = nested(view.group || view.x !== "iteration" ? [] : traces);
    const curves = entries.map((entry, i) => this.#curve(entry, seen, widths[i] ?? WIDTH));
    const isShared = view.layout === "grid" && view.axes === "shared";
    const runs = entries.flatMap((entry) => entry.runs);
    const all = isShared ? this.#axes.ofAll() : this.#axes.ends(curves, runs);
    const frame = this.#axes.frame(texts.loss, zoom, all, width);
    const lost = [unshown(traces, view.scale), this.#axes.notAcross(curves)].filter(Boolean).join(" · ");
    const said = [alike ? texts.alike(alike) : "", thinned(curves)].filter(Boolean).join(" · ");
    return { curves, frame, lost, thinned: said, blank: entries.length ? "" : this.#blank };
  }

  /** What a chart of losses says that has none. */
  get #blank() {
    const { runs, shownIds, isListed } = this.state;
    return isListed && runs.size && !shownIds.size ? texts.hidden : texts.blank;
  }

  /**
   * Somebody points at a place of a chart.
   * @param {Subject} subject
   * @param {number | null} place
   */
  point({ entries, pair }, place) {
    const [run] = entries[0]?.runs ?? pair ?? [];
    if (run) this.state.point(place);
  }

  /** @param {Subject} subject @param {number | null} place @returns {string} what is there, on a chart of one curve */
  told({ entries, pair }, place) {
    if (pair && place !== null) return this.#toldOfBoth(pair, place);
    const [entry, more] = entries;
    const [run] = entry?.runs ?? [];
    const trace = run && this.state.traces.get(run.id);
    if (place === null || more || !trace || entry?.runs.length !== 1) return "";
    if (this.state.view.layout !== "grid") return "";
    const iteration = Math.round(this.#axes.across(run, trace).iteration(place));
    return iteration >= trace.raw.from && iteration < trace.length ? loss(trace.at(iteration)) : "";
  }

  /** @param {[Run, Run]} pair @param {number} place @returns {string} the losses of both there, to the last bit */
  #toldOfBoth([a, b], place) {
    const [left, right] = [this.state.traces.get(a.id), this.state.traces.get(b.id)];
    if (!left || !right) return "";
    const iteration = Math.round(this.#axes.across(a, left).iteration(place));
    const isHeld = [left, right].every(({ raw, length }) => iteration >= raw.from && iteration < length);
    return isHeld ? texts.both(String(left.at(iteration)), String(right.at(iteration))) : "";
  }

  /** @param {Run[]} runs @returns {Trace[]} */
  #traces(runs) {
    return runs.flatMap(({ id }) => this.state.traces.get(id) ?? []);
  }

  /**
   * @param {Entry} entry
   * @param {import("./curves.js").Seen} seen
   * @param {number} width
   * @returns {Curve}
   */
  #curve({ title, runs, place }, seen, width) {
    const { x, smoothing, group } = this.state.view;
    const there = runs.flatMap((run) => {
      const trace = this.state.traces.get(run.id);
      return trace?.length ? [{ run, trace }] : [];
    });
    const { run, trace } = /** @type {{run: Run, trace: Trace}} */ (there[0]);
    const look = { ...style(place), name: title, width, digits: DIGITS[run.spec["dtype"]] ?? 9 };
    if (x !== "iteration") for (const one of there) this.histories.times(one.run.id, one.trace);
    const isOne = !group || runs.length === 1;
    const drawn = isOne
      ? curve(trace, look, this.#axes.across(run, trace), seen, this.#changes(run))
      : this.#together(runs, look, seen);
    // Of runs taken together there is nothing of the losses themselves where their averages are drawn.
    if (drawn.isCoarse) this.#refine(runs, seen, isOne && smoothing ? [0, smoothing] : [smoothing]);
    return drawn;
  }

  /** @param {Run[]} runs @param {Look} look @param {import("./curves.js").Seen} seen @returns {Curve} */
  #together(runs, look, seen) {
    const members = runs.flatMap((run) => {
      const trace = this.state.traces.get(run.id);
      const hasBegun = run.iteration > 0 || run.status === "running";
      if (!trace || !(hasBegun || trace.length)) return [];
      const isComing = isLive(run) || trace.length < run.iteration;
      return { trace, axis: this.#axes.across(run, trace), isComing };
    });
    if (this.state.view.x === "iteration") return band(members, look, seen);
    return moments(members.filter(({ trace }) => trace.length), look, seen);
  }

  /**
   * Ask for what is seen of runs more finely.
   * @param {Run[]} runs
   * @param {import("./curves.js").Seen} seen
   * @param {number[]} weights of the averages that are drawn; 0 for the losses
   */
  #refine(runs, seen, weights) {
    for (const run of runs) {
      const { id } = run;
      const trace = this.state.traces.get(id);
      if (!trace) continue;
      const [first, end] = span(this.#axes.across(run, trace), seen.x);
      const part = { start: Math.max(0, first), stop: Math.min(end, trace.length), points: seen.points };
      for (const weight of weights)
        if (trace.choose(part.start, part.stop, part.points, weight).isCoarse)
          this.histories.refine(id, trace, weight, part);
    }
  }

  /** @param {Run} run @returns {import("./marks.js").Happening[]} */
  #changes({ id }) {
    const events = this.state.events.get(id) ?? [];
    return events.flatMap((event, i) =>
      MARKED.includes(event.kind)
        ? [{ iteration: event.iteration, text: texts.happened(sentence(event, events.slice(0, i)), event.iteration) }]
        : [],
    );
  }

  /** @param {Subject} subject @param {number} width @returns {Drawn} */
  #apart(subject, width) {
    const { state } = this;
    const zoom = state.zoomOf(subject.zoom);
    const none = { curves: [], frame: this.#axes.frame(texts.apart, zoom, { x: null, y: null }, width), lost: "", thinned: "" };
    if (!subject.pair) return { ...none, blank: texts.pickTwo };
    const [a, b] = subject.pair;
    const [left, right] = [state.traces.get(a.id), state.traces.get(b.id)];
    if (!left?.length || !right?.length) return { ...none, blank: texts.blank };
    if (this.#difference?.a !== left || this.#difference.b !== right)
      this.#difference = new Difference(left, right);
    const difference = this.#difference;
    difference.extend();
    if (difference.isAwaited) this.histories.apart([a.id, b.id], difference);
    if (!difference.series.length) return { ...none, blank: texts.blank };
    const axis = this.#axes.across(a, left);
    if (state.view.x !== "iteration") this.histories.times(a.id, left);
    const [start, stop] = span(axis, zoom.x);
    const points = Math.round(POINTS_A_PIXEL * width);
    const chosen = difference.choose(start, stop, points);
    const part = { start: Math.max(0, start), stop: Math.min(stop, difference.length), points };
    if (chosen.isCoarse) this.histories.refineApart([a.id, b.id], difference, part);
    const { first } = difference;
    const look = { ...style(state.placeOf(a.id)), name: texts.apart, width: WIDTH, digits: 6 };
    /** @type {Curve} */
    const drawn = { ...look, line: line(chosen, axis), faint: null, band: null, marks: [], changes: [], every: chosen.every, isCoarse: chosen.isCoarse };
    const compared = difference.series.length;
    const mark = first === null ? null : { x: axis.place(first), text: texts.part(first) };
    const said = first === null ? texts.same(compared) : texts.partAt(first, compared, difference.same);
    if (first === null && state.view.scale === "log") return { ...none, blank: said };
    const lost = [said, this.#axes.notAcross([drawn])].filter(Boolean).join(" · ");
    const frame = this.#axes.frame(texts.apart, zoom, this.#axes.ends([drawn], subject.pair), width);
    return { curves: [drawn], frame: { ...frame, line: mark }, lost, thinned: thinned([drawn]), blank: "" };
  }
}

/** @param {Curve[]} curves @returns {string} how they were thinned; empty where every iteration is drawn */
function thinned(curves) {
  const every = Math.max(1, ...curves.map((one) => one.every));
  return every > 1 ? texts.thinned(every) : "";
}
