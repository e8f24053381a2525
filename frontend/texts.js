/**
 * Every word on the page that is not the server's, in one place, so that it can be translated. Numbers
 * are written by numbers.js. Knows no DOM.
 * @module
 */

import { count, duration, loss, percent, setting } from "./numbers.js";

/** @typedef {import("./wire/api.js").Curve} Curve */
/** @typedef {import("./wire/api.js").Schema} Schema */

/** @param {number} runs */
const someRuns = (runs) => (runs === 1 ? "1 run" : `${count(runs)} runs`);

/** What stands in index.html, by the attributes `data-text` and `data-label` there. */
export const page = {
  title: "reluscope",
  tagline: "two-layer ReLU networks in PyTorch, trained live, side by side",
  tools: "Page",
  start: "Start runs",
  charts: "Losses",
  toolbar: "How losses are drawn",
  runs: "Runs",
  closeup: "One run close up",
};

/** What stands in signin.html beside these. */
export const signIn = {
  signin: "A token is needed",
  why: "Others can reach this server, so it asks who you are. Whoever started it has a token to give you.",
  token: "Token",
  enter: "Enter",
};

export const status = {
  connection: {
    connecting: "connecting…",
    connected: "connected",
    offline: "not connected, trying again…",
  },
  behind: "behind, catching up",
  /** @param {number} share of what was missing that has come */
  caughtUp: (share) => `: ${percent(share)}`,
  meanwhile: "Runs go on in memory, and are stored as soon as that is possible again.",
  newest: (/** @type {number} */ seconds) => `newest point ${duration(seconds)} old`,
  nothing: "nothing running",
  waiting: "waiting for the first point",
  hidden: "what is running is hidden",
  /** @param {string} problem why runs cannot be stored, in the server's words */
  notStored: (problem) => `not stored: ${problem}`,
};

export const notice = {
  close: "Close",
  /** @param {number} runs that the server, found again, does not have any more */
  vanished: (runs) =>
    `${someRuns(runs)} ${runs === 1 ? "is" : "are"} no longer on the server: deleted, or lost when it was restarted.`,
  /** @param {number} room @param {number} chosen */
  tooMany: (room, chosen) =>
    `At most ${someRuns(room)} can be on the charts: of the ${count(chosen)} chosen, the newest are.`,
  /** @param {string} what was asked @param {number} refused @param {number} all @param {string} why */
  refused: (what, refused, all, why) =>
    `${what}: ${all > 1 ? `${count(refused)} of ${count(all)} refused: ` : ""}${why}`,
  unreachable: "the server cannot be reached",
};

export const actions = {
  start: "Start",
  pause: "Pause",
  resume: "Resume",
  step: "Step",
  stop: "Stop",
  full_speed: "Full speed",
  watch_pace: "Slow down",
  pin: "Pin",
  unpin: "Unpin",
  delete: "Delete",
  rename: "Rename",
  tag: "Tag",
  replay: "Replay",
};

export const question = {
  cancel: "Cancel",
  deleteOne: (/** @type {string} */ title) => `Delete ${title}, with its curve?`,
  deleteMany: (/** @type {number} */ runs) => `Delete ${count(runs)} runs, with their curves?`,
  deleteYes: (/** @type {number} */ runs) => (runs === 1 ? "Delete" : `Delete ${count(runs)}`),
};

export const toolbar = {
  showAll: "Show all",
  fill: "Fill the screen",
  layout: { label: "Layout", overlay: "Overlay", grid: "Side by side", difference: "Difference" },
  axes: { label: "Axes", shared: "Shared axes", own: "Own axes" },
  scale: { label: "Loss axis", linear: "Linear", log: "Log" },
  along: "Along",
  across: { iteration: "Iterations", seconds: "Seconds", clock: "Time of day" },
  acrossLog: "Log x",
  smoothing: "Smoothing",
  smoothingHelp:
    "A moving average over all losses, each before it weighed by this much. The losses themselves stay, faintly.",
  none: "none",
  first: "One run",
  second: "The run that it is compared with",
};

export const groups = {
  /** @param {string} title of the field that its runs have in common @param {string} value */
  of: (title, value) => `${title} ${value}`,
  none: (/** @type {string} */ title) => `no ${title}`,
  /** @param {string} common what the runs of a group have in common @param {number} runs that are shown @param {number} all */
  group: (common, runs, all) => `${common} (${runs < all ? `${count(runs)} of ` : ""}${someRuns(Math.max(runs, all))})`,
};

export const charts = {
  blank: "Losses appear here as they come.",
  hidden: "All runs are hidden.",
  pickTwo: "Pick two runs: their difference is drawn here.",
  grid: "Losses, side by side",
  label: (/** @type {number} */ runs) => `Losses, runs shown: ${count(runs)}`,
  labelOf: (/** @type {string} */ title) => `Loss of ${title}`,
  labelApart: (/** @type {string} */ a, /** @type {string} */ b) => `Difference of ${a} and ${b}`,
  across: { iteration: "iteration", seconds: "seconds since start", clock: "time of day" },
  loss: "loss",
  apart: "|a − b|",
  retrying: (/** @type {string} */ why) => `${why}; trying again`,
  noPlotly: "plotly.js could not be loaded",
  /** @param {number} value @param {number} start @param {number} stop */
  mark: (value, start, stop) =>
    stop - start > 1
      ? `${loss(value)} at iterations ${start} to ${stop - 1}`
      : `${loss(value)} at iteration ${start}`,
  drawnAt: (/** @type {string} */ mark, /** @type {number} */ value) => `${mark} (drawn at ${loss(value)})`,
  times: (/** @type {number} */ times, /** @type {string} */ what) => `${count(times)} × ${what}`,
  notFinite: (/** @type {string} */ counted) => `Not finite, marked by a cross: ${counted}`,
  notOnLog: (/** @type {number} */ points) => `Not on a log axis: ${count(points)} × zero or less`,
  notAcross: (/** @type {number} */ points, /** @type {string} */ what) =>
    `Not on a log axis: ${count(points)} × ${what} 0`,
  thinned: (/** @type {number} */ every) =>
    `Lowest and highest of every ${count(every)} iterations`,
  alike: (/** @type {number} */ curves) => `${count(curves)} curves lie upon each other`,
  both: (/** @type {string} */ a, /** @type {string} */ b) => `a ${a} · b ${b}`,
  part: (/** @type {number} */ iteration) => `iteration ${iteration}`,
  same: (/** @type {number} */ compared) => `The same, bit for bit, in all ${count(compared)} iterations`,
  /** @param {number} first @param {number} compared @param {number} same */
  partAt: (first, compared, same) =>
    `They part at iteration ${first}; the same in ${count(same)} of ${count(compared)} iterations`,
  /** @param {number} runs @param {number} iteration @param {number} left */
  noFurther: (runs, iteration, left) =>
    `${someRuns(runs)} end${runs === 1 ? "s" : ""} here; from iteration ${iteration} on, the mean of ${left}`,
  /** @param {number} runs @param {number} left */
  noFurtherThen: (runs, left) => `${someRuns(runs)} end${runs === 1 ? "s" : ""} here; from then on, the mean of ${left}`,
  happened: (/** @type {string} */ what, /** @type {number} */ iteration) => `${what}, at iteration ${iteration}`,
};

export const summary = {
  /** @param {string} title @param {string} status @param {number} iteration @param {number} all @param {number | null} value */
  run: (title, status, iteration, all, value) =>
    `${title}: ${status}, iteration ${count(iteration)} of ${count(all)}${value === null ? "" : `, loss ${loss(value)}`}.`,
  /** @param {string} title @param {number[]} losses */
  group: (title, losses) => {
    const finite = losses.filter(Number.isFinite);
    const lost = losses.length - finite.length;
    const ends = finite.length ? `losses from ${loss(Math.min(...finite))} to ${loss(Math.max(...finite))}` : "no finite loss";
    return `${title}: ${ends}${lost ? `, ${count(lost)} not finite` : ""}.`;
  },
  /** @param {number} runs @param {number} running @param {string} best @param {number} lowest */
  many: (runs, running, best, lowest) =>
    `${someRuns(runs)}, ${count(running)} running${best ? `; the lowest loss is ${loss(lowest)}, of ${best}` : ""}.`,
  apart: (/** @type {string} */ a, /** @type {string} */ b) => `The difference of ${a} and ${b}.`,
};

/** What can be asked of a run by name; what is of its spec bears the catalog's titles. */
export const fields = {
  status: "State",
  progress: "Progress",
  iteration: "Iteration",
  loss: "Loss",
  min_loss: "Smallest loss",
  rate: "Speed",
  duration: "Duration",
  created_at: "Created",
  started_at: "Started",
  ended_at: "Ended",
  reason: "Reason",
  worker: "Worker",
  pinned: "Pinned",
  forked_from: "Forked from",
  sweep: "Sweep",
  id: "Id",
  rule: "Update rule",
  lr: "Learning rate",
};

export const filter = {
  label: "Filter",
  example: "relu:clamp lr<1e-5 -status:failed",
  clear: "Clear the filter",
  nothing: "No run passes the filter.",
  noField: (/** @type {string} */ name) =>
    `There is no field ${name}: put it in quotes to look for the words.`,
  noValue: (/** @type {string} */ term) => `What is it after ${term}?`,
  noMore: (/** @type {string} */ title) => `${title} is no number: ask for it with a colon.`,
  noFlag: (/** @type {string} */ value) => `${value} is neither yes nor no.`,
  /** @param {string} title @param {string} value @param {boolean} isTime */
  noNumber: (title, value, isTime) =>
    `${title}: ${value} is no ${isTime ? "time such as 2030-01-31 or 2030-01-31T15:00" : "number"}.`,
};

export const table = {
  label: "Runs",
  empty: "No run yet. Start one of the tutorials, or your own.",
  /** @param {number} passing @param {number} all */
  passing: (passing, all) =>
    passing === all ? someRuns(all) : `${count(passing)} of ${someRuns(all)}`,
  /** @param {number} shown @param {boolean} isAll whether no more can be */
  onCharts: (shown, isAll) => `${count(shown)} on the charts${isAll ? ", as many as can be" : ""}`,
  /** @param {number} listed @param {number} room runs that can be on the charts @param {boolean} isFiltered */
  showListed: (listed, room, isFiltered) => {
    if (listed > room) return `Show the newest ${count(room)}${isFiltered ? " of these" : ""}`;
    if (!isFiltered) return `Show all ${count(listed)}`;
    return listed === 1 ? "Show this one" : `Show these ${count(listed)}`;
  },
  columns: { pick: "Picked, shown and pinned", run: "Run", buttons: "Actions" },
  pickAll: "Pick all in the list",
  sortBy: (/** @type {string} */ title) => `Sort by ${title}`,
  group: "Group by",
  ungrouped: "nothing",
  allButSeed: "all the same but the seed",
  chooseColumns: "Columns",
  usualColumns: "The usual",
  columnsOfRun: "Of the run",
  columnsOfSpec: "Settings",
  columnsOfRule: "Of the update rule",
  differing: "Only what differs",
  differingHelp:
    "Tell only those settings in which the shown runs, or the picked ones, are not all the same.",
  sort: "Sort by",
  newest: "newest first",
  ascending: (/** @type {string} */ title, /** @type {boolean} */ isNumber) =>
    `${title}, ${isNumber ? "smallest first" : "A to Z"}`,
  descending: (/** @type {string} */ title, /** @type {boolean} */ isNumber) =>
    `${title}, ${isNumber ? "largest first" : "Z to A"}`,
  slow: "Slow down to watch",
  pinning: "Keep, however many runs come after it",
  pick: (/** @type {string} */ title) => `Pick ${title}`,
  pin: (/** @type {string} */ title) => `Pin ${title}`,
  show: (/** @type {string} */ title) => `Show the curve of ${title}`,
  showing: "Show or hide the curve; with Alt, show only this one",
  progress: (/** @type {string} */ title) => `Progress of ${title}`,
  act: (/** @type {string} */ action, /** @type {string} */ title) => `${action} ${title}`,
  more: (/** @type {string} */ title) => `More for ${title}`,
  moreShort: "More",
  naming: (/** @type {string} */ title) => `Name of ${title}`,
  /** @param {string} title @param {string[]} tags */
  tags: (title, tags) => `Tags of ${title}${tags.length ? `: ${tags.join(", ")}` : ""}`,
  addTag: "tag",
  andTags: (/** @type {number} */ more) => `+${more}`,
  origin: (/** @type {string} */ title, /** @type {number} */ iteration) => `${title} at ${count(iteration)}`,
  goneRun: "a run that is gone",
  yes: "yes",
  no: "no",
  pickGroup: (/** @type {string} */ title) => `Pick all of ${title}`,
  inGroup: someRuns,
  mean: "mean",
  least: "min",
  most: "max",
  notFinite: (/** @type {number} */ runs) => `${count(runs)} not finite`,
  noLosses: "no loss yet",
  /** @param {string} told why a run has ended, in the server's words @returns {string} in the page's */
  reason: (told) => told.replace(/-?\bInfinity\b/g, (word) => loss(Number(word))),
};

export const menu = {
  open: "Open close up",
  solo: "Show only this",
  rename: "Rename",
  tags: "Edit tags",
  colour: "Choose colour",
  fork: "Fork",
  again: "Start again with changes",
  replay: "Replay",
};

export const tags = {
  label: "Tags",
  add: "Add a tag",
  addButton: "Add",
  remove: (/** @type {string} */ tag) => `Remove the tag ${tag}`,
};

export const colours = {
  label: "Colour",
  usual: "Its own colour",
  /** @param {string} property of base.css @param {string} dash */
  named: (property, dash) => `${COLOURS[property] ?? property}, ${DASHES[dash] ?? dash}`,
};

const COLOURS = /** @type {Record<string, string>} */ ({
  "--curve-0": "blue",
  "--curve-1": "orange",
  "--curve-2": "green",
  "--curve-3": "pink",
  "--curve-4": "light blue",
  "--curve-5": "olive",
  "--curve-6": "red",
  "--curve-7": "grey",
});

const DASHES = /** @type {Record<string, string>} */ ({
  solid: "solid",
  "8px,4px": "dashed",
  "2px,3px": "dotted",
  "8px,3px,2px,3px": "dashes and dots",
  "14px,5px": "long dashes",
  "14px,3px,2px,3px": "long dashes and dots",
});

export const steering = {
  label: "Steer runs",
  stepBy: "Step by",
  pauseAll: "Pause all",
  resumeAll: "Resume all",
  stopAll: "Stop all",
  deleteEnded: "Delete ended",
  delete: "Delete",
  picked: (/** @type {number} */ runs) => `${count(runs)} picked`,
  solo: "Show only these",
  hide: "Hide",
  compare: "Compare",
  compareTwo: "Pick two runs to compare them",
  tag: "Tag",
  clear: "Clear",
};

/** What is told at one field, where many of its values are wrong. */
const COMPLAINTS = 3;

export const start = {
  waiting: "Waiting for the server…",
  tutorials: "The two tutorials",
  sets: "Several at once",
  form: "Your own run",
  fold: "Fold away",
  newRun: "New run",
  start: "Start",
  startAll: (/** @type {number} */ runs) => (runs === 1 ? "Start" : `Start ${someRuns(runs)}`),
  starting: (/** @type {number} */ runs) => `Starting ${someRuns(runs)}…`,
  started: (/** @type {number} */ runs) => `Started ${someRuns(runs)}`,
  startPreset: (/** @type {string} */ title) => `Start ${title}`,
  startSet: (/** @type {string} */ title, /** @type {number} */ runs) => `Start ${someRuns(runs)}: ${title}`,
  fill: "Fill the form",
  fillWith: (/** @type {string} */ title) => `Fill the form with ${title}`,
  sweeping: "A field takes several values, such as 1e-7, 1e-6 or 0..7: one run for each, and for each combination.",
  several: "several",
  severalOf: (/** @type {string} */ title) => `several: ${title}`,
  /** @param {string} name @param {unknown[]} values */
  severalValues: (name, values) =>
    `${name} ${values.map((value) => (typeof value === "number" ? setting(value) : value)).join(", ")}`,
  many: (/** @type {number} */ runs) => `Start ${someRuns(runs)}?`,
  /** @param {number} limit runs that the server trains at once @param {number} live that it does now */
  tooMany: (limit, live) =>
    `This server trains at most ${count(limit)} runs at once${live ? `, and has ${count(live)} now` : ""}.`,
  /** @param {string[]} messages about one field */
  complaints: (messages) =>
    messages.slice(0, COMPLAINTS).join("; ") +
    (messages.length > COMPLAINTS ? `; and ${count(messages.length - COMPLAINTS)} more` : ""),
  /** @param {string} label which of several @param {string} message */
  wrong: (label, message) => (label ? `${label}: ${message}` : message),
  /** @param {[number, number]} range fewest and most */
  weights: ([least, most]) =>
    `${least === most ? count(least) : `${count(least)} to ${count(most)}`} weights`,
  fullSpeed: "Full speed",
  moreHyperparameters: "More hyperparameters",
  updateRule: "update rule",
  eachOwn: "each rule's own",
  words: "with commas between them",
  paceFull: "They start at full speed, as chosen below.",
  /** @param {number} pace @param {boolean} chosen whether it is the one that was typed */
  pace: (pace, chosen) =>
    `They start at ${setting(pace)} iterations/s, ${chosen ? "the pace chosen below" : "as the pace below cannot be"}.`,
  strokes: { value: "value", slope: "slope", dot: "slope at 0" },
  slopeAt0: (/** @type {Curve} */ { error, slope_at_0 }) =>
    error === null ? `${hyper(slope_at_0)} at 0` : "cannot be used",
  swallowed: (/** @type {Curve} */ { error, value_at_nan }) =>
    error !== null || value_at_nan === "NaN" ? "" : `NaN → ${hyper(value_at_nan)}`,
  measured: (/** @type {Curve} */ { error, kink, torch }) =>
    error === null ? `${kink} Measured on torch ${torch}.` : `It cannot be used: ${error}`,
  picture: (/** @type {string} */ title, /** @type {Curve} */ { error, kink }) =>
    error === null ? `${title}. ${kink}` : `${title}. It cannot be used: ${error}`,
  limits,
};

/** @param {import("./numbers.js").Told | null} value @returns {string} */
const hyper = (value) => (typeof value === "number" ? setting(Number(value.toPrecision(4))) : loss(Number(value)));

/** A bound this far off is that of the numbers themselves: nobody runs into it. */
const FAR = 1e30;

/**
 * @param {Schema} schema
 * @returns {string} the bounds and the default of a number, as a sentence; empty for what is none
 */
function limits(schema) {
  const kinds = [schema, ...(schema.anyOf ?? [])];
  const number = kinds.find(({ type }) => type === "number" || type === "integer");
  if (!number) return "";
  const bound = (/** @type {string} */ word, /** @type {number | undefined} */ value) =>
    value === undefined || Math.abs(value) > FAR ? [] : [`${word} ${setting(value)}`];
  const bounds = [
    ...bound("above", number.exclusiveMinimum),
    ...bound("at least", number.minimum),
    ...bound("below", number.exclusiveMaximum),
    ...bound("at most", number.maximum),
  ]
    .join(", ")
    .replace(/^at least (.*), at most /, "$1 to ");
  const usual = typeof schema.default === "number" ? `${setting(schema.default)} by default` : "";
  const sentence = [bounds, usual].filter(Boolean).join("; ");
  return sentence && `${sentence[0]?.toUpperCase()}${sentence.slice(1)}.`;
}

export const closeup = {
  close: "Close",
  previous: "Previous run",
  next: "Next run",
  rename: "Rename",
  deleted: (/** @type {string} */ title) => `${title} was deleted`,
  missing: "This run is not on the server: it was deleted, or the address belongs to another server.",
  loading: "Waiting for the server…",
  readOnly: "This page only looks on: what steers runs is not offered here.",
  link: "Link to this run",
  copy: "Copy",
  copied: "Copied",
  notCopied: "Select it and copy by hand",
  open: (/** @type {string} */ title) => `Open ${title} close up`,
  forkedFrom: (/** @type {string} */ title, /** @type {number} */ iteration) =>
    `forked from ${title} at iteration ${count(iteration)}`,
  /** @param {number} iteration @param {number} all */
  progress: (iteration, all) => `iteration ${count(iteration)} of ${count(all)}`,
  figures: { iteration: "Iteration", loss: "Loss", least: "Least", rate: "Speed" },

  verbs: {
    label: "Steer this run",
    pause: "Pause",
    resume: "Resume",
    stepOne: "Step 1",
    step: (/** @type {string} */ iterations) => `Step ${iterations}`,
    stepSize: "Iterations of a longer step",
    stop: "Stop",
    replay: "Replay",
    replayHelp: "Train it once more from its start, with all that was changed by hand where it was",
    again: "Start again…",
    againHelp: "Take its settings to where runs are started, to start it again with changes",
    fork: "Fork…",
    delete: "Delete…",
  },

  pace: {
    label: "Pace",
    field: "Iterations a second",
    unit: "it/s",
    full: "full speed",
    told: (/** @type {number | null} */ pace) =>
      pace === null ? "full speed" : `${setting(pace)} iterations a second`,
    slow: "1 it/s",
    fast: "full speed",
  },

  hyperparameters: {
    change: "Change",
    more: (/** @type {number} */ others) => `${count(others)} more of its rule`,
    times: (/** @type {string} */ factor, /** @type {string} */ name) => `${name} ${factor}`,
  },

  fork: {
    title: "Fork",
    help: "Runs that share the past of this one, and go on with what is changed here.",
    at: "From iteration",
    atNow: "now",
    count: "How many",
    same: "as it is",
    relu: "ReLU",
    rule: "Rule",
    lr: "Learning rate",
    lrOfRule: "the rule's own",
    iterations: "Iterations",
    start: "Fork",
    close: "Cancel",
    made: (/** @type {number} */ runs) => (runs === 1 ? "A fork has started:" : `${count(runs)} forks have started:`),
    replayed: "A replay has started:",
  },

  tabs: {
    label: "About this run",
    diagnostics: "Diagnostics",
    settings: "Settings",
    events: "Events",
    environment: "Environment",
    checks: "Checks",
    script: "Script",
  },

  diagnostics: {
    off: "Nothing is measured of this run beside its losses: it was started so.",
    none: "Nothing measured yet.",
    loading: "Fetching what was measured so far…",
    retrying: (/** @type {string} */ why) => `${why}; trying again`,
    every: (/** @type {number} */ every) =>
      every === 1 ? "Measured at every iteration, before its update." : `Measured once in ${count(every)} iterations, before the update.`,
    since: (/** @type {number} */ begin) => `What came before iteration ${count(begin)} is not drawn.`,
    at: (/** @type {string} */ value, /** @type {number} */ iteration) => `${value} at iteration ${count(iteration)}`,
    log: "log",
    /** @param {string} value @param {number} iteration */
    broken: (value, iteration) => `Not finite first at iteration ${count(iteration)}: ${value}`,
    share: (/** @type {number} */ value) =>
      Number.isFinite(value) ? `${setting(Number((100 * value).toPrecision(3)))} %` : loss(value),
    curve: (/** @type {string} */ title) => `${title} over the iterations; arrow keys go along it`,
  },

  settings: {
    differs: (/** @type {string} */ usual) => `not the default, which is ${usual}`,
    marked: "What is not as by default is marked.",
    update: "Update rule",
  },

  values: { yes: "yes", no: "no", none: "none", fullSpeed: "full speed" },

  events: {
    none: "Nothing has happened to it yet.",
    loading: "Asking what has happened…",
    at: (/** @type {number} */ iteration) => `iteration ${count(iteration)}`,
    ago: (/** @type {number} */ seconds) => (seconds < 1 ? "just now" : `${duration(seconds)} ago`),
    pointAt: (/** @type {number} */ iteration) => `Point at iteration ${count(iteration)} on the chart`,
    /** @type {Record<string, string>} */
    kinds: {
      running: "began to train",
      again: "went on",
      paused: "paused",
      finished: "finished",
      stopped: "stopped",
      diverged: "diverged",
      failed: "failed",
      interrupted: "interrupted",
      changed: "changed",
      nonfinite: "not finite from here on",
      forked: "forked",
      differs: "trained again with other losses",
    },
    change: (/** @type {string} */ name, /** @type {string} */ was, /** @type {string} */ now) => `${name} ${was} → ${now}`,
  },

  environment: {
    id: "Id",
    created: "Created",
    started: "Started",
    ended: "Ended",
    took: "Took",
    worker: "Worker",
    origin: "Forked from",
    sweep: "Sweep",
    /** @param {string} name of a sweep @param {number} place of the run in it, from 0 on */
    ofSweep: (name, place) => `${name} · run ${count(place + 1)}`,
    waiting: "It is told once the run has begun to train.",
    /** @type {Record<string, string>} */
    names: {
      torch: "PyTorch",
      python: "Python",
      device: "Device",
      threads: "Threads",
      cpu_capability: "CPU capability",
      deterministic: "Deterministic",
      float32_matmul_precision: "float32 products",
    },
  },

  checks: {
    title: (/** @type {string} */ relu) => `${relu} on the server's torch`,
    measure: "Check it",
    again: "Check it again",
    measuring: "Measuring…",
    help: "Value and slope around the kink, gradients against finite differences, and the time it takes beside torch.relu.",
    h: "h",
    value: "value",
    slope: "slope",
    gradcheck: "gradcheck",
    gradgradcheck: "gradgradcheck",
    passed: "passed",
    failed: "failed",
    forward: "forward",
    backward: "backward",
    cost: (/** @type {string} */ seconds, /** @type {string} */ ratio, /** @type {string} */ spread) =>
      `${seconds}, ${ratio} × torch.relu (${spread})`,
    torch: (/** @type {string} */ version, /** @type {string} */ dtype) => `torch ${version}, ${dtype}`,
    same: "Same as another run?",
    other: "The other run",
    choose: "Choose a run…",
    noOther: "There is no other run to compare it with.",
    compare: "Compare",
    comparing: "Comparing…",
    equal: (/** @type {number} */ compared) => `Equal in all ${count(compared)} iterations that both have, bit for bit.`,
    nothing: "They have no iteration in common yet.",
    parts: (/** @type {number} */ iteration, /** @type {number} */ compared) =>
      `They part at iteration ${count(iteration)}, of ${count(compared)} that both have.`,
    absolute: "Largest difference",
    ulp: "Largest in ulp",
    at: (/** @type {string} */ value, /** @type {number} */ iteration) => `${value} at iteration ${count(iteration)}`,
    view: "See the difference",
  },

  script: {
    loading: "Writing the script…",
    help: "The run as one plain PyTorch script that prints the same losses.",
    download: "Download",
    large: "Open large",
    label: "The script",
    labelOf: (/** @type {string} */ title) => `The script of ${title}`,
  },
};

export const sharing = {
  share: "Share",
  link: "Copy link to this view",
  embed: "Copy HTML to embed it",
  embedTitle: "Losses, live in reluscope",
  png: "Picture (PNG)",
  svg: "Drawing (SVG)",
  csv: "What is seen, as CSV",
  json: "What is seen, as JSON",
  all: {
    csv: "All losses as CSV",
    npy: "All losses for NumPy (.npy)",
    parquet: "All losses as Parquet",
  },
  /** @param {number} runs */
  archive: (runs) => (runs === 1 ? "The run whole (.zip)" : `${someRuns(runs)} whole (.zip)`),
  copied: { link: "The link is copied.", embed: "The HTML is copied." },
  notCopied: (/** @type {string} */ text) => `The browser did not let this be copied: ${text}`,
  noPicture: (/** @type {string} */ why) => `No picture could be made: ${why}`,
  nothing: "There is nothing to save yet: no run that is shown has a loss.",
  legend: "Runs",
  open: "Open in reluscope",
};

export const presenting = {
  present: "Present",
  presenting: "Presenting",
  help: "Whoever opens this link sees what you see, as you change it, and cannot change anything.",
  link: "Link for followers",
  onlyHere:
    "This address works on this machine only. For others, on a network that you trust, start the server with ",
  forOthers: "reluscope --host 0.0.0.0 --allow-host NAME-OF-THIS-MACHINE",
  copy: "Copy",
  copied: "The link is copied.",
  stop: "Stop presenting",
  /** @param {number} count */
  followers: (count) => (count === 0 ? "Nobody follows yet." : count === 1 ? "1 follows." : `${count} follow.`),
  /** @param {string} code @param {boolean | null} live null until it is known */
  following: (code, live) =>
    `Following ${code}: ${live === null ? "waiting for the server…" : live ? "the presenter is here" : "the presenter is not here"}`,
  leave: "Look on my own",
};

export const theme = { label: "Colours", system: "System", light: "Light", dark: "Dark" };

export const keys = {
  open: "Keyboard shortcuts",
  close: "Close",
  single: "Keys act by themselves, without Ctrl",
  space: "Space",
  groups: { seen: "What is seen", runs: "Runs", table: "In the table of runs", page: "The page" },
  overlay: "All runs on one chart",
  grid: "Runs side by side",
  difference: "Difference of two runs",
  scale: "Loss axis: logarithmic or linear",
  x: "Next x axis",
  smoothing: "More smoothing, or none",
  nearer: "Zoom in",
  further: "Zoom out",
  left: "Go to the left, in a zoom",
  right: "Go to the right",
  showAll: "Show all again, after a zoom",
  fill: "Charts over the whole screen",
  filter: "Filter the runs",
  start: "New run",
  pause: "Pause or resume the run in focus, or the picked ones",
  step: "Step them",
  previous: "Previous run, close up",
  next: "Next run, close up",
  rows: "Previous and next run",
  pick: "Pick it, or no more",
  closeUp: "See it close up",
  rename: "Change its name",
  share: "Share",
  present: "Present",
  sheet: "This list",
  escape: "Close what is open",
};
