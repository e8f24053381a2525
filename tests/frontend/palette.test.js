import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { style } from "../../frontend/draw/palette.js";

const CSS = readFileSync(new URL("../../frontend/style/base.css", import.meta.url), "utf8");
const [, day, night] = CSS.split(":root");

/** The value of a property of base.css, three or six hex digits each. */
function value(css, name) {
  const [, hex] = css.match(new RegExp(`${name}: #([0-9a-f]+);`));
  return hex.length === 3 ? hex.replace(/./g, "$&$&") : hex;
}

/** Relative luminance, as WCAG defines it. */
function luminance(hex) {
  const [red, green, blue] = hex.match(/../g).map((pair) => {
    const share = parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("every curve stands out from the card, by day and by night", () => {
  for (const css of [day, night])
    for (let place = 0; place < 8; place++) {
      const pair = [style(place).colour, "--card"].map((name) => luminance(value(css, name)));
      const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      assert.ok(contrast >= 3, `${style(place).colour}: ${contrast}`);
    }
});
