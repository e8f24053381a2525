/**
 * The value of a field of a run, for people: as short as it is read, and in full. Knows no DOM.
 * @module
 */

import { count, duration, instant, loss, moment, percent, rate, setting } from "../numbers.js";
import { table as texts } from "../texts.js";
import { valueOf } from "./fields.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("../wire/api.js").Run} Run */

/** Characters of an id that tell runs apart. */
const SHORT_ID = 8;

/** @typedef {{text: string, full: string}} Value `full` is empty where there is no more to say */

/**
 * @param {Run} run
 * @param {Field} field
 * @param {State} state
 * @returns {Value}
 */
export function told(run, field, state) {
  const value = valueOf(run, field.name);
  return value === null || value === undefined ? { text: "", full: "" } : written(value, field, state);
}

/**
 * @param {any} value
 * @param {Field} field
 * @param {State} state
 * @returns {Value}
 */
function written(value, { kind }, state) {
  switch (kind) {
    case "loss":
      return { text: loss(Number(value)), full: String(value) };
    case "count":
      return { text: count(value), full: "" };
    case "share":
      return { text: percent(value), full: String(value) };
    case "rate":
      return { text: rate(value), full: String(value) };
    case "duration":
      return { text: duration(value), full: `${value} s` };
    case "time":
      return { text: moment(value), full: instant(value) };
    case "number":
      return typeof value === "number" ? { text: setting(value), full: String(value) } : plain(value);
    case "flag":
      return { text: value ? texts.yes : texts.no, full: "" };
    case "tags":
      return plain(value.join(", "));
    case "id":
    case "sweep":
      return { text: value.slice(0, SHORT_ID), full: value };
    case "origin": {
      const origin = state.runs.get(value.id);
      return plain(texts.origin(origin ? state.title(origin) : texts.goneRun, value.iteration));
    }
    default:
      return plain(value);
  }
}

/** @param {unknown} value */
const plain = (value) => ({ text: String(value), full: String(value) });
