/**
 * The live socket: connects, reconnects for ever, and asks for every watched run from where the
 * page's own copy ends. Whether it was a reload, a lid that was closed or a server that restarted,
 * catching up is only this.
 * @module
 */

import { decode } from "./frames.js";

/** @typedef {import("./frames.js").Block} Block */
/** @typedef {import("./api.js").Run} Run */
/** @typedef {"connecting" | "connected" | "offline"} Connection */

/**
 * @typedef {object} Listener
 * @property {(connection: Connection) => void} onConnection
 * @property {(runs: (Partial<Run> & {id: string})[], whole: boolean) => void} onRuns new runs with all
 *   fields, others with what changed; `whole` once the list is, after a connection was made
 * @property {(ids: Set<string>) => void} onAll the list of runs is complete: these are all there are
 * @property {(ids: string[]) => void} onGone
 * @property {(block: Block) => void} onBlock
 * @property {(message: string) => void} onError
 * @property {() => Record<string, number>} wanted the watched runs, each with the next iteration wanted
 */

const PING_MS = 5000;
/** With no word from the server for that long the connection is given up: a laptop that slept. */
const SILENCE_MS = 12_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5000;

export class Live {
  /** @type {WebSocket | null} */
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #retry = 0;
  /** By the clock on the wall, which goes on while the machine sleeps. */
  #heardAt = 0;
  /** @type {Set<string> | null} Runs told of since the connection was made, until that is all. */
  #told = null;
  #listener;

  /** Server's clock minus ours, in seconds. */
  clockOffset = 0;
  #bestRoundTrip = Infinity;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    setInterval(() => this.#ping(), PING_MS);
    window.addEventListener("online", () => this.#connectNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#ping();
    });
    this.#connect();
  }

  /** @param {Record<string, number>} runs each with the next iteration wanted */
  watch(runs) {
    if (Object.keys(runs).length) this.#send({ type: "watch", runs });
  }

  /** @param {string[]} runs */
  unwatch(runs) {
    if (runs.length) this.#send({ type: "unwatch", runs });
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#listener.onConnection("connecting");
    const url = new URL("api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
    this.#heardAt = Date.now();
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (socket !== this.#socket) return;
    this.#retryMs = FIRST_RETRY_MS;
    this.#told = new Set();
    this.#bestRoundTrip = Infinity;
    this.#listener.onConnection("connected");
    this.watch(this.#listener.wanted());
    this.#ping();
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#listener.onConnection("offline");
    const jitter = 0.75 + Math.random() / 2;
    this.#retry = window.setTimeout(() => this.#connect(), this.#retryMs * jitter);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  /** Drop what there is, without waiting for a goodbye that may never come, and connect anew. */
  #connectNow() {
    const old = this.#socket;
    this.#socket = null;
    if (old) {
      old.onmessage = null;
      old.close();
    }
    this.#connect();
  }

  #ping() {
    if (!this.#socket) return;
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#connectNow();
    else this.#send({ type: "ping", t: performance.now() });
  }

  /** @param {object} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @param {string | ArrayBuffer} data */
  #received(data) {
    this.#heardAt = Date.now();
    if (data instanceof ArrayBuffer) {
      for (const block of decode(data)) this.#listener.onBlock(block);
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "runs") this.#listed(message);
    else if (message.type === "gone") this.#listener.onGone(message.ids);
    else if (message.type === "pong") this.#setClock(message.t, message.now);
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
   * The round trip that was quickest tells the server's clock best.
   * @param {number} sentAt by our clock since the page was opened, in ms
   * @param {number} now the server's, in Unix seconds
   */
  #setClock(sentAt, now) {
    const roundTrip = performance.now() - sentAt;
    if (roundTrip > this.#bestRoundTrip) return;
    this.#bestRoundTrip = roundTrip;
    this.clockOffset = now - (Date.now() - roundTrip / 2) / 1000;
  }
}
