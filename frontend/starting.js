/**
 * Runs taken to the server to be started: one, or all of a sweep, in order.
 * @module
 */

import { told } from "./model/sweep.js";
import * as texts from "./texts.js";
import * as api from "./wire/api.js";

/** @typedef {import("./model/state.js").State} State */
/** @typedef {import("./model/sweep.js").Member} Member */
/** @typedef {import("./wire/api.js").FieldProblem} FieldProblem */

/**
 * Start runs one after the other, so that they are made in this order. Where the server refuses the
 * first, nothing else is started. A later one that is wrong in itself is passed over; whatever else
 * is in the way, is in the way of all that follow.
 * @param {State} state
 * @param {Member[]} members
 * @param {(started: number) => void} [onProgress]
 * @param {(errors: FieldProblem[]) => void} [onWrongFields] who shows what is wrong, field by field;
 *   else the notice does
 * @returns {Promise<number>} how many were started
 */
export async function start(state, members, onProgress, onWrongFields) {
  if (state.readOnly) return 0;
  state.set({ notice: "" });
  /** @type {{member: Member, error: Error}[]} */
  const refused = [];
  let started = 0;
  for (const member of members) {
    try {
      await api.create(member.spec);
      onProgress?.(++started);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      refused.push({ member, error });
      if (!started || !wrongFields(error).length) break;
    }
  }
  const errors = refused.flatMap(({ member, error }) =>
    wrongFields(error).map(({ field, message }) => ({
      field,
      message: texts.start.wrong(culprit(member, field), message),
    })),
  );
  if (onWrongFields && errors.length) onWrongFields(errors);
  const [first] = refused;
  if (first && (started || !onWrongFields || !errors.length)) {
    const why = texts.start.wrong(first.member.label, first.error.message);
    const missing = members.length - started;
    state.set({ notice: texts.notice.refused(texts.actions.start, missing, members.length, why) });
  }
  return started;
}

/**
 * @param {Member} member
 * @param {string} field that is wrong
 * @returns {string} its value there, where it has several; else what tells that run from the others
 */
const culprit = ({ point, label }, field) => (field in point ? told({ [field]: point[field] }) : label);

/** @param {Error} error @returns {FieldProblem[]} */
const wrongFields = (error) => (error instanceof api.Refusal ? error.errors : []);
