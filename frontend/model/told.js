/**
 * Values of settings, and what happened to a run, as people read them. Knows no DOM.
 * @module
 */

import { count, setting } from "../numbers.js";
import { closeup } from "../texts.js";
import { changesOf } from "./events.js";

/** @typedef {import("./events.js").Event} Event */

const texts = closeup.values;

/** Whole numbers below it stand in groups of three; of a seed that is larger each digit matters. */
const GROUPED = 1e9;

/**
 * @param {string} name of the setting
 * @param {unknown} value
 * @returns {string}
 */
export function told(name, value) {
  if (name === "pace" && value === null) return texts.fullSpeed;
  if (value === null || value === undefined || value === "") return texts.none;
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < GROUPED ? count(value) : setting(value);
  return String(value);
}

/**
 * @param {Event} event
 * @param {Event[]} before it, of the same run
 * @returns {string} in words
 */
export function sentence(event, before) {
  const changes = changesOf(event).map(({ name, was, now }) => closeup.events.change(name, told(name, was), told(name, now)));
  const went = event.kind === "running" && before.some(({ kind }) => kind === "running");
  const kind = closeup.events.kinds[went ? "again" : event.kind] ?? event.kind;
  if (event.kind === "changed" && changes.length) return changes.join(", ");
  return [kind, ...(changes.length ? [changes.join(", ")] : [])].join(": ");
}
