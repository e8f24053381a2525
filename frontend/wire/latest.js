/**
 * A value that is sent while it is moved: one request at a time, with a rest between them, and always
 * the last value in the end.
 * @module
 */

/** Between two requests: a hand that moves a slider cannot tell them apart from more. */
const REST_MS = 120;

/** @template T */
export class Latest {
  #isBusy = false;
  /** @type {{value: T} | null} */
  #waiting = null;
  #send;

  /** @param {(value: T) => Promise<unknown>} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {T} value */
  set(value) {
    this.#waiting = { value };
    if (!this.#isBusy) void this.#work();
  }

  /** Whether a value is under way, or waits to be. */
  get isBusy() {
    return this.#isBusy;
  }

  async #work() {
    this.#isBusy = true;
    try {
      while (this.#waiting) {
        const { value } = this.#waiting;
        this.#waiting = null;
        await this.#send(value);
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
