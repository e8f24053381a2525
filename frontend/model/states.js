/**
 * What may be done with a run, by its state. Knows no DOM.
 * @module
 */

/** @typedef {import("../wire/api.js").Run} Run */

const LIVE = ["queued", "running"];
const RESTING = ["paused", "interrupted"];
const ENDED = ["finished", "stopped", "diverged", "failed"];

/** @param {Run} run @returns {boolean} whether it trains, or waits for its turn */
export const isLive = (run) => LIVE.includes(run.status);

/**
 * @param {Run} run
 * @returns {boolean} whether it goes on once it is asked to: one that was interrupted when its server
 *   ended does so from its last checkpoint
 */
export const canResume = (run) => RESTING.includes(run.status);

/** @param {Run} run @returns {boolean} whether it is over for good */
export const hasEnded = (run) => ENDED.includes(run.status);

/** @param {Run} run @returns {boolean} whether it is one of those that the server trains at once */
export const takesPlace = (run) => isLive(run) || run.status === "paused";

/** @param {Run} run @returns {boolean} whether it does not train, and nobody has paused it to go on */
export const hasCeased = (run) => hasEnded(run) || run.status === "interrupted";
