/** Runs and a catalog, as the server tells them, for the tests of the table's models. */

export const CATALOG = {
  spec: {
    properties: {
      name: { title: "Name", default: null, anyOf: [{ type: "string" }, { type: "null" }] },
      tags: { title: "Tags", type: "array" },
      relu: { title: "ReLU implementation", type: "string", default: "clamp", enum: ["clamp", "clamp_min", "relu", "half_abs"] },
      update: { title: "Update rule" },
      n: { title: "N", type: "integer", default: 64, unit: "samples" },
      hidden: { title: "H", type: "integer", default: 100, unit: "units" },
      iterations: { title: "Iterations", type: "integer", default: 500 },
      seed: { title: "Seed", type: "integer", default: 0 },
      pace: { title: "Pace", default: null, anyOf: [{ type: "number" }, { type: "null" }] },
      diagnostics_every: { title: "Diagnostics every", type: "integer", default: 50 },
    },
  },
  rules: [
    {
      name: "sgd",
      schema: {
        properties: {
          rule: { type: "string", default: "sgd" },
          lr: { title: "Learning rate", type: "number", default: 1e-6 },
          momentum: { title: "Momentum", type: "number", default: 0 },
          nesterov: { title: "Nesterov", type: "boolean", default: false },
        },
      },
    },
    {
      name: "adam",
      schema: {
        properties: {
          rule: { type: "string", default: "adam" },
          lr: { title: "Learning rate", type: "number", default: 1e-3 },
          beta1: { title: "Beta1", type: "number", default: 0.9 },
        },
      },
    },
  ],
};

const SPEC = { tags: [], relu: "clamp", n: 64, hidden: 100, iterations: 500, seed: 0, pace: null, diagnostics_every: 50 };

let created = 1_700_000_000;

/** A run of that id, which is its name too; each is newer than the one before. */
export function run(id, spec = {}, fields = {}) {
  created++;
  return {
    id,
    spec: { ...SPEC, name: id, update: { rule: "sgd", lr: 1e-6 }, ...spec },
    status: "finished",
    iteration: 100,
    loss: 3,
    min_loss: 2,
    rate: 50,
    created_at: created,
    started_at: created,
    ended_at: created + 10,
    reason: null,
    pinned: false,
    forked_from: null,
    sweep: null,
    ...fields,
  };
}
