/**
 * What is to be seen on a chart, in words, for who does not see it.
 * @module
 */

import { pair } from "../model/subjects.js";
import { summary as texts } from "../texts.js";

/** @typedef {import("../model/state.js").State} State */
/** @typedef {import("../model/subjects.js").Subject} Subject */

/** Curves that are told of one by one; of more, the lowest alone. */
const EACH = 6;

/** @param {Subject} subject @param {State} state @returns {string} */
export function summary({ entries }, state) {
  if (state.view.layout === "difference") {
    const both = pair(state);
    return both ? texts.apart(state.distinct(both[0]), state.distinct(both[1])) : "";
  }
  const runs = entries.flatMap((entry) => entry.runs);
  if (entries.length <= EACH)
    return entries
      .map(({ title, runs: [run, ...more] }) =>
        more.length || !run
          ? texts.group(title, [run, ...more].map((one) => Number(one?.loss ?? NaN)))
          : texts.run(title, run.status, run.iteration, run.spec["iterations"], run.loss === null ? null : Number(run.loss)),
      )
      .join(" ");
  const finite = runs.filter(({ loss }) => loss !== null && Number.isFinite(Number(loss)));
  const best = finite.sort((a, b) => Number(a.loss) - Number(b.loss))[0];
  const running = runs.filter(({ status }) => status === "running").length;
  return texts.many(runs.length, running, best ? state.distinct(best) : "", Number(best?.loss ?? NaN));
}
