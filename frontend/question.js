/**
 * A question before what cannot be undone.
 * @module
 */

import { make } from "./dom.js";
import { question as texts } from "./texts.js";

/**
 * @param {string} question
 * @param {string} yes what is done, on the button that does it
 * @returns {Promise<boolean>}
 */
export function asked(question, yes) {
  return new Promise((resolve) => {
    const dialog = make(
      "dialog",
      {
        "aria-label": question,
        close: () => {
          resolve(dialog.returnValue === "yes");
          dialog.remove();
        },
      },
      make("p", {}, question),
      make(
        "form",
        { method: "dialog" },
        make("button", { value: "no" }, texts.cancel),
        make("button", { value: "yes", class: "primary" }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
