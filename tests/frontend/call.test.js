import assert from "node:assert/strict";
import { test } from "node:test";

import { call, Refusal } from "../../frontend/wire/call.js";

/** An answer whose body is cut off on its way. */
function cut(status, type) {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"iterations": [1, 2'));
      controller.error(new TypeError("network error"));
    },
  });
  return new Response(body, { status, headers: { "Content-Type": type } });
}

for (const type of ["application/json", "text/x-python"])
  test(`an answer that is cut off on its way is none: ${type}`, async (t) => {
    t.mock.method(globalThis, "fetch", async () => cut(200, type));
    await assert.rejects(call("GET", "api/runs"), Refusal);
  });

test("a refusal without a word is one all the same", async (t) => {
  t.mock.method(globalThis, "fetch", async () => new Response("<h1>no</h1>", { status: 502, statusText: "Bad Gateway" }));
  await assert.rejects(call("GET", "api/runs"), new Refusal("Bad Gateway", []));
});

test("a refusal tells what is wrong, field by field", async (t) => {
  const errors = [{ field: "n", message: "too small" }];
  t.mock.method(globalThis, "fetch", async () => Response.json({ detail: "not so", errors }, { status: 422 }));
  await assert.rejects(call("POST", "api/runs", {}), (error) => error instanceof Refusal && error.errors[0].field === "n");
});
