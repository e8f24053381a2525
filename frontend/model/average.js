/**
 * A moving average that weighs what came before the less the longer ago it was, and is not drawn
 * towards the zero that it starts from: s = w s + (1 - w) x, told as s / (1 - w^n) after n values
 * (Kingma and Ba, 2015, section 3). Values that are not finite are passed over. Knows no DOM.
 * @module
 */

export class Average {
  #sum = 0;
  #count = 0;

  /** @param {number} weight of what came before, at least 0 and below 1 */
  constructor(weight) {
    this.weight = weight;
  }

  /**
   * Go on where another has come to.
   * @param {number} told its last value
   * @param {number} count finite values that it has seen
   */
  resume(told, count) {
    this.#count = count;
    this.#sum = count ? told * (1 - this.weight ** count) : 0;
  }

  /** @param {Float64Array} values that come next @returns {Float64Array} the average at each; NaN where it is not finite */
  next(values) {
    const { weight } = this;
    const told = new Float64Array(values.length).fill(NaN);
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      this.#sum = weight * this.#sum + (1 - weight) * value;
      this.#count++;
      told[i] = this.#sum / (1 - weight ** this.#count);
    });
    return told;
  }
}
