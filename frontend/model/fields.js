/**
 * What can be asked of a run by name: in the table, in its filter, and to take runs together. Knows
 * no DOM.
 * @module
 */

/** @typedef {import("../wire/api.js").Run} Run */

/** Fields of the update rule that are called by their own name alone. */
const SHORT = /** @type {Record<string, string>} */ ({ rule: "update.rule", lr: "update.lr" });

/** Fields of a run itself; all others are of its spec. */
const OF_RUN = [
  "id", "status", "iteration", "loss", "min_loss", "rate", "created_at", "started_at", "ended_at",
  "reason", "worker", "pinned", "forked_from",
]; // prettier-ignore

/**
 * @param {Run} run
 * @param {string} name of the field, such as `relu`, `lr` or `update.momentum`
 * @returns {any} undefined where it has none of that name
 */
export function valueOf(run, name) {
  const path = SHORT[name] ?? name;
  if (OF_RUN.includes(path)) return /** @type {any} */ (run)[path];
  if (path.startsWith("update.")) return run.spec.update[path.slice("update.".length)];
  return run.spec[path];
}
