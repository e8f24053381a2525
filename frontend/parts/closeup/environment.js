/**
 * Where and when a run was trained: all that, beside its spec, decides its bits.
 * @module
 */

import { make, setText } from "../../dom.js";
import { told } from "../../model/told.js";
import { duration, instant } from "../../numbers.js";
import { closeup } from "../../texts.js";
import { copyButton } from "./copying.js";
import { runLink } from "./links.js";

/** @typedef {import("../../model/state.js").State} State */
/** @typedef {import("./asking.js").Part} Part */
/** @typedef {import("../../wire/api.js").Run} Run */

const texts = closeup.environment;

/** Characters of an id that tell runs, or sweeps, apart. */
const SHORT_ID = 8;

/**
 * @param {State} state
 * @returns {Part}
 */
export function environment(state) {
  const list = make("dl", { class: "facts" });
  const note = make("p", { class: "help" });
  let drawn = "";
  return {
    element: make("div", {}, list, note),
    render: (run) => {
      setText(note, run.environment ? "" : texts.waiting);
      const { environment, worker, started_at, ended_at, forked_from } = run;
      const key = JSON.stringify([run.id, environment, worker, started_at, ended_at, titleOf(state, forked_from)]);
      if (key === drawn) return;
      drawn = key;
      list.replaceChildren(
        ...times(run),
        ...fact(texts.worker, worker),
        ...origin(state, run),
        ...sweep(run),
        ...Object.entries(environment ?? {}).flatMap(([name, value]) =>
          fact(texts.names[name] ?? name, told(name, value)),
        ),
      );
    },
  };
}

/** @param {Run} run */
function times({ id, created_at, started_at, ended_at }) {
  const time = (/** @type {number | null} */ at) => (at === null ? null : instant(at));
  const took = started_at !== null && ended_at !== null ? duration(ended_at - started_at) : null;
  return [
    make("dt", {}, texts.id),
    make("dd", {}, make("code", {}, id), " ", copyButton(closeup.copy, () => id)),
    ...fact(texts.created, time(created_at)),
    ...fact(texts.started, time(started_at)),
    ...fact(texts.ended, time(ended_at)),
    ...fact(texts.took, took),
  ];
}

/** @param {string} title @param {string | null} value */
const fact = (title, value) => (value === null ? [] : [make("dt", {}, title), make("dd", {}, value)]);

/** @param {State} state @param {Run} run */
function origin(state, { forked_from }) {
  if (!forked_from) return [];
  const name = titleOf(state, forked_from) ?? forked_from.id.slice(0, SHORT_ID);
  const at = closeup.events.at(forked_from.iteration);
  const said = state.runs.has(forked_from.id) ? runLink(state, forked_from, name) : name;
  return [make("dt", {}, texts.origin), make("dd", {}, said, ` · ${at}`)];
}

/** @param {Run} run */
function sweep({ sweep }) {
  if (!sweep) return [];
  const { id, name, place } = sweep;
  const said = texts.ofSweep(name ?? id.slice(0, SHORT_ID), place);
  return [make("dt", {}, texts.sweep), make("dd", { title: id }, said, " ", copyButton(closeup.copy, () => id))];
}

/** @param {State} state @param {{id: string} | null} parent @returns {string | undefined} while it is there */
function titleOf(state, parent) {
  const run = parent && state.runs.get(parent.id);
  return run ? state.title(run) : undefined;
}
