/**
 * What a run's ReLU does on the server's torch, measured when it is asked for; and whether the run is
 * the same as another.
 * @module
 */

import { make, setAttribute, setText } from "../../dom.js";
import { duration, loss, setting } from "../../numbers.js";
import { closeup } from "../../texts.js";
import * as api from "../../wire/api.js";
import { comparing } from "./comparing.js";

/** @typedef {import("./asking.js").Asking} Asking */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Check} Check */
/** @typedef {import("../../wire/api.js").Cost} Cost */
/** @typedef {import("../../numbers.js").Told} Told */

const texts = closeup.checks;

/**
 * @param {Asking} asking
 * @returns {Part}
 */
export function checks(asking) {
  const other = comparing(asking);
  /** @type {Map<string, Check>} by the ReLU's name */
  const known = new Map();
  /** @type {Set<string>} those that are measured now */
  const busy = new Set();
  let relu = "";
  let drawn = "";
  const title = make("h3");
  const measure = make("button", { type: "button", click: () => void ask() });
  const found = make("div", { "aria-live": "polite" });
  const ask = async () => {
    const name = relu;
    if (busy.has(name)) return;
    busy.add(name);
    draw();
    const check = await asking.ask(texts.measure, "", () => api.check(name));
    busy.delete(name);
    if (check) known.set(name, check);
    if (name === relu) drawn = "";
    draw();
  };
  const draw = () => {
    const check = known.get(relu);
    const isBusy = busy.has(relu);
    setAttribute(measure, "aria-disabled", String(isBusy));
    setText(measure, isBusy ? texts.measuring : check ? texts.again : texts.measure);
    if (drawn === relu) return;
    drawn = relu;
    setText(title, texts.title(relu));
    found.replaceChildren(...(check ? told(check) : [make("p", { class: "help" }, texts.help)]));
  };
  const element = make("div", { class: "checks" }, title, found, measure, other.element);
  return {
    element,
    render: (run) => {
      relu = run.spec["relu"];
      draw();
      other.render(run);
    },
  };
}

/** @param {Check} check */
function told(check) {
  if (check.error) return [make("p", { class: "error" }, check.error)];
  const { points, kink, gradcheck, gradgradcheck, timing } = check;
  const facts = [
    ...(gradcheck ? judged(texts.gradcheck, gradcheck) : []),
    ...(gradgradcheck ? judged(texts.gradgradcheck, gradgradcheck) : []),
    ...(timing ? [...cost(texts.forward, timing.forward), ...cost(texts.backward, timing.backward)] : []),
  ];
  return [
    make("p", { class: "kink" }, kink ?? ""),
    pointTable(points ?? []),
    make("dl", { class: "facts" }, ...facts),
    make("p", { class: "help" }, texts.torch(check.torch, check.dtype)),
  ];
}

/** @param {Told} value @returns {string} with the sign of a zero, which matters here */
function exact(value) {
  const number = Number(value);
  if (Object.is(number, -0)) return "-0";
  return Number.isFinite(number) ? setting(number) : loss(number);
}

/** @param {NonNullable<Check["points"]>} points */
function pointTable(points) {
  const head = [texts.h, texts.value, texts.slope].map((name) => make("th", { scope: "col" }, name));
  const rows = points.map(({ h, value, slope }) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, exact(h)),
      make("td", {}, exact(value)),
      make("td", {}, exact(slope)),
    ),
  );
  return make("table", { class: "points" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

/** @param {string} title @param {{passed: boolean, reason: string | null}} check */
function judged(title, { passed, reason }) {
  const said = make("span", { class: "judged", "data-passed": String(passed) }, passed ? texts.passed : texts.failed);
  return [make("dt", {}, title), make("dd", {}, said, reason ? ` ${reason}` : "")];
}

/** @param {string} title @param {Cost} cost */
function cost(title, { call_s, ratio, lowest, highest }) {
  const times = (/** @type {Told} */ value) => Number(value).toFixed(2);
  const spread = `${times(lowest)}–${times(highest)}`;
  return [make("dt", {}, title), make("dd", {}, texts.cost(brief(Number(call_s)), times(ratio), spread))];
}

/** @param {number} seconds @returns {string} also far below a millisecond */
function brief(seconds) {
  if (seconds >= 1) return duration(seconds);
  const [size, unit] = seconds < 1e-3 ? [1e6, "µs"] : [1e3, "ms"];
  return `${(seconds * Number(size)).toPrecision(3)} ${unit}`;
}
