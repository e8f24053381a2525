/**
 * The page before the page: where the server wants a token, and none was shown yet.
 * @module
 */

import { byId, fillTexts, setText } from "./dom.js";
import * as texts from "./texts.js";
import * as session from "./wire/session.js";

fillTexts(Object.assign({}, texts.page, texts.signIn));

/** @type {HTMLInputElement} */
const token = byId("token");

/** @param {import("./wire/call.js").Refusal} refusal */
function refused({ message }) {
  setText(byId("refused"), message);
  token.select();
}

byId("signin").addEventListener("submit", (event) => {
  event.preventDefault();
  setText(byId("refused"), "");
  session.begin(token.value.trim()).then(() => location.reload(), refused);
});
token.focus();
session.recall().catch(() => {}); // whoever shows a token then will hear of it
session.redeem(refused);
