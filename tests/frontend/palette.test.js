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

/** Red, green and blue of a colour as light, from 0 to 1: sRGB without its curve. */
function light(hex) {
  return hex.match(/../g).map((pair) => {
    const share = parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
}

/** Relative luminance, as WCAG defines it. */
const luminance = (hex) => weigh([[0.2126, 0.7152, 0.0722]], light(hex))[0];

const weigh = (matrix, vector) => matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * vector[i], 0));

/** What becomes of light in an eye without one kind of cone: Machado, Oliveira and Fernandes, 2009. */
const EYES = {
  all: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** Lightness and two hues in Oklab (Ottosson, 2020), where what looks as unlike is as far apart. */
function oklab(rgb) {
  const cones = weigh(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]],
    rgb.map((share) => Math.min(1, Math.max(0, share))),
  );
  return weigh(
    [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]],
    cones.map(Math.cbrt),
  );
}

/** Four times what can just be told apart side by side. */
const FAR = 0.08;

test("every curve stands out from the card, by day and by night", () => {
  for (const css of [day, night])
    for (let place = 0; place < 8; place++) {
      const pair = [style(place).colour, "--card"].map((name) => luminance(value(css, name)));
      const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      assert.ok(contrast >= 3, `${style(place).colour}: ${contrast}`);
    }
});

test("every curve is told from every other by each kind of eye, by day and by night", () => {
  for (const css of [day, night])
    for (const [eye, matrix] of Object.entries(EYES)) {
      const seen = Array.from({ length: 8 }, (_, place) =>
        oklab(weigh(matrix, light(value(css, style(place).colour)))),
      );
      seen.forEach((one, i) =>
        seen.slice(0, i).forEach((other, j) => {
          const apart = Math.hypot(...one.map((share, axis) => share - other[axis]));
          assert.ok(apart > FAR, `${i} and ${j}, ${eye}: ${apart}`);
        }),
      );
    }
});
