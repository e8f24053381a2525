/**
 * The live socket: connects, reconnects for ever, and asks for every watched run from where the
 * page's own copy ends. Whether it was a reload, a lid that was closed or a server that restarted,
 * catching up is only this.
 * @module
 */

import { decode } from "./frames.js";

/** @typedef {import("./frames.js").Losses} Losses */
/** @typedef {import("./frames.js").Diagnostics} Diagnostics */
/** @typedef {import("./api.js").Run} Run */
/**
 * @typedef {object} Told
 * @property {string} id the code by which it is followed
 * @property {Record<string, unknown> | null} view null before anything was shown
 * @property {boolean} live whether its presenter is there
 * @property {number} followers
 */
/** @typedef {"connecting" | "connected" | "offline"} Connection `connecting` the first time only */

/**
 * @typedef {object} Listener
 * @property {(connection: Connection) => void} onConnection
 * @property {(runs: (Partial<Run> & {id: string})[], whole: boolean) => void} onRuns new runs with all
 *   fields, others with what changed; `whole` once the list is, after a connection was made
 * @property {(ids: Set<string>) => void} onAll the list of runs is complete: these are all there are
 * @property {(ids: string[]) => void} onGone
 * @property {(ids: string[]) => void} onRewind what the page has of these runs is no longer all true
 * @property {(block: Losses) => void} onBlock
 * @property {(block: Diagnostics) => void} onRows what was measured of the run whose channels are asked for
 * @property {(message: string) => void} onError
 * @property {(problem: string | null) => void} onStore why runs are not stored; null where they are, or
 *   where the server cannot be heard. It tells a new connection anew
 * @property {(view: Told) => void} onView what is shown on the page that this one follows
 * @property {(followers: number) => void} onFollowers how many follow what this page shows
 * @property {(offset: number) => void} onClock the server's clock minus ours, in seconds
 * @property {() => Record<string, number>} wanted the watched runs, each with the next iteration wanted
 * @property {() => string} measured the one of them whose channels are wanted, too; empty for none
 */

const PING_MS = 5000;
/** Without an answer for that long the connection is given up. */
const PATIENCE_MS = 12_000;
/** The same where there is a reason to doubt it: a machine that slept, a network that came back. */
const SHORT_PATIENCE_MS = 2000;
/** A clock that is this late for a ping has been asleep, or slowed down in a tab that is not seen. */
const LATE_MS = 2 * PING_MS;
/** Runs that are named in one message: with the longest cursors they take half of what the server reads. */
const NAMED = 500;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

export class Live {
  /** @type {WebSocket | null} */
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** When the server must have said something, by our clock. */
  #deadline = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #givingUp;
  #pingDueAt = 0;
  /** @type {Map<string, boolean>} Runs that the server sends, on this connection; whether with channels. */
  #followed = new Map();
  /** @type {Set<string> | null} Runs told of since the connection was made, until that is all. */
  #told = null;
  #bestRoundTrip = Infinity;
  /** @type {{id: string, key: string, view: object} | null} What this page shows to others. */
  #presented = null;
  /** The code of what this page follows; empty for nothing. */
  #attended = "";
  #listener;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    setInterval(() => this.#pingInTime(), PING_MS);
    this.#pingDueAt = Date.now() + PING_MS;
    window.addEventListener("online", () => this.#doubt());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#doubt();
    });
    this.#connect();
  }

  /**
   * Have the server send the losses of just these runs: it is told what is new and what is not
   * wanted any more.
   * @param {Record<string, number>} cursors each with the next iteration wanted
   */
  follow(cursors) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const measured = this.#listener.measured();
    const runs = [...this.#followed.keys()].filter((id) => !(id in cursors));
    const fresh = Object.entries(cursors).filter(([id]) => this.#followed.get(id) !== (id === measured));
    this.#followed = new Map(Object.keys(cursors).map((id) => [id, id === measured]));
    for (const some of pieces(runs)) this.#send({ type: "unwatch", runs: some });
    this.#watch(fresh.filter(([id]) => id !== measured), { channels: [] });
    this.#watch(fresh.filter(([id]) => id === measured), {});
  }

  /**
   * @param {[string, number][]} cursors
   * @param {{channels?: string[]}} wanted of the channels; all where they are left out
   */
  #watch(cursors, wanted) {
    for (const some of pieces(cursors)) this.#send({ type: "watch", runs: Object.fromEntries(some), ...wanted });
  }

  /** @param {string} id a run that is sent from elsewhere than where the page's copy of it ends */
  followAnew(id) {
    this.#followed.delete(id);
    this.follow(this.#listener.wanted());
  }

  /**
   * Show this to all who follow its code, on each connection anew; null shows no more.
   * @param {{id: string, key: string, view: object | null}} presented
   */
  present(presented) {
    const { view } = presented;
    this.#presented = view && { ...presented, view };
    this.#send({ type: "present", ...presented });
  }

  /** @param {string} code of what is to be followed, on each connection anew */
  attend(code) {
    this.#attended = code;
    this.#send({ type: "follow", id: code || null });
  }

  #connect() {
    clearTimeout(this.#retry);
    const url = new URL("api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
    this.#deadline = Infinity;
    this.#expectWord(PATIENCE_MS);
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#told = new Set();
    this.#bestRoundTrip = Infinity;
    this.#followed.clear();
    this.#listener.onConnection("connected");
    this.follow(this.#listener.wanted());
    if (this.#presented) this.present(this.#presented);
    if (this.#attended) this.attend(this.#attended);
    this.#ping(PATIENCE_MS);
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#givingUp);
    this.#disconnected();
    const jitter = 0.75 + Math.random() / 2;
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs * jitter);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  /** Drop what there is, without waiting for a goodbye that may never come, and connect anew. */
  #giveUp() {
    const old = this.#socket;
    this.#socket = null;
    if (old) {
      old.onmessage = null;
      old.close();
    }
    this.#disconnected();
    this.#connect();
  }

  /** What the server has said of itself holds no longer than the connection. */
  #disconnected() {
    this.#listener.onConnection("offline");
    this.#listener.onStore(null);
  }

  /** Something may have happened to the connection: see soon whether it is still one. */
  #doubt() {
    if (this.#socket) this.#ping(SHORT_PATIENCE_MS);
    else this.#connect();
  }

  #pingInTime() {
    const late = Date.now() - this.#pingDueAt > LATE_MS;
    this.#pingDueAt = Date.now() + PING_MS;
    if (this.#socket) this.#ping(late ? SHORT_PATIENCE_MS : PATIENCE_MS);
  }

  /** @param {number} patienceMs */
  #ping(patienceMs) {
    this.#send({ type: "ping", t: performance.now() });
    this.#expectWord(patienceMs);
  }

  /** @param {number} patienceMs until the connection is given up, unless it was to be sooner */
  #expectWord(patienceMs) {
    const deadline = Date.now() + patienceMs;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#givingUp);
    this.#givingUp = setTimeout(() => this.#giveUp(), patienceMs);
  }

  /** @param {object} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @param {string | ArrayBuffer} data */
  #received(data) {
    this.#deadline = Infinity;
    clearTimeout(this.#givingUp);
    if (data instanceof ArrayBuffer) {
      for (const block of decode(data)) {
        if ("losses" in block) this.#listener.onBlock(block);
        else this.#listener.onRows(block);
      }
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "runs") this.#listed(message);
    else if (message.type === "gone") this.#went(message.ids);
    else if (message.type === "rewind") this.#listener.onRewind(Object.keys(message.runs));
    else if (message.type === "pong") this.#setClock(message.t, message.now);
    else if (message.type === "view") this.#listener.onView(message);
    else if (message.type === "presenting") this.#listener.onFollowers(message.followers);
    else if (message.type === "store") this.#listener.onStore(message.problem);
    else if (message.type === "error") this.#listener.onError(message.detail);
  }

  /** @param {{runs: (Partial<Run> & {id: string})[], complete?: boolean}} message */
  #listed({ runs, complete }) {
    for (const run of runs) this.#told?.add(run.id);
    if (complete && this.#told) this.#listener.onAll(this.#told);
    if (complete) this.#told = null;
    this.#listener.onRuns(runs, !this.#told);
  }

  /**
   * Until the list is complete, a run that was never in it is left to it: so all that are missing
   * from it are told of together.
   * @param {string[]} ids
   */
  #went(ids) {
    const gone = ids.filter((id) => !this.#told || this.#told.delete(id));
    if (gone.length) this.#listener.onGone(gone);
  }

  /**
   * The round trip that was quickest tells the server's clock best.
   * @param {number} sentAt by our clock since the page was opened, in ms
   * @param {number} now the server's, in Unix seconds
   */
  #setClock(sentAt, now) {
    const roundTrip = performance.now() - sentAt;
    if (roundTrip > this.#bestRoundTrip) return;
    this.#bestRoundTrip = roundTrip;
    this.#listener.onClock(now - (Date.now() - roundTrip / 2) / 1000);
  }
}

/** @template T @param {T[]} all @returns {T[][]} so many at a time as one message names */
const pieces = (all) =>
  Array.from({ length: Math.ceil(all.length / NAMED) }, (_, i) => all.slice(i * NAMED, (i + 1) * NAMED));
