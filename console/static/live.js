// The page's one connection to the server for live updates; it connects again by itself after a cut.

import { now, setServerTime, state, t, time } from "./page.js";

const SILENCE_MS = 16_000; // without a tick (they come every 5 s) the connection counts as cut
const RECONNECT_MS = 1_000;
const CHECK_MS = 2_000;
const SEND_TIMEOUT_MS = 15_000;
const subscriptions = []; // of scripts that features add to this page

/**
 * Receive a channel with the page's connection. Scripts that a feature adds to a page call it before the page's own
 * script calls `live`.
 * @param handlers event → function of its JSON
 */
export function subscribe(channel, handlers) {
  subscriptions.push([[channel], handlers]);
}

/**
 * Connect, and receive channels.
 * @param handlers event → function of its JSON
 * @param cursor the steps of alerts that the page has; each alert brings the next cursor
 */
export function live(channels, handlers, cursor = "") {
  const all = [...subscriptions, [channels, handlers]];
  const names = [...new Set(all.flatMap(([wanted]) => wanted))];
  const byEvent = new Map();
  for (const [, ones] of all) {
    for (const [event, handle] of Object.entries(ones)) byEvent.set(event, [...(byEvent.get(event) ?? []), handle]);
  }
  let source;
  let lastReceived = Date.now();
  let cutSince = null;

  function showConnection(connected) {
    const sign = document.getElementById("connection");
    if (connected) cutSince = null;
    else cutSince ??= now();
    document.dispatchEvent(new CustomEvent("connection", { detail: connected }));
    if (!sign) return;
    sign.className = connected ? "live" : "cut";
    sign.textContent = connected ? t("connected") : t("cut", { time: time(cutSince) });
  }

  function connect() {
    source?.close();
    lastReceived = Date.now();
    const address = new URL("/live", location);
    address.searchParams.set("channels", names.join(","));
    if (cursor) address.searchParams.set("since", cursor);
    source = new EventSource(address);
    source.addEventListener("tick", (event) => {
      lastReceived = Date.now();
      setServerTime(JSON.parse(event.data).now);
      showConnection(true);
    });
    for (const [name, handles] of byEvent) {
      source.addEventListener(name, (event) => {
        lastReceived = Date.now();
        if (event.lastEventId) cursor = event.lastEventId;
        const update = JSON.parse(event.data);
        for (const handle of handles) handle(update);
      });
    }
    const opened = source;
    source.addEventListener("error", async () => {
      if (opened !== source) return;
      showConnection(false);
      // While it is connecting, the browser tries again by itself and sends the last event id.
      if (source.readyState !== EventSource.CLOSED) return;
      await reloadIfLoggedOut();
      setTimeout(() => opened === source && connect(), RECONNECT_MS);
    });
  }

  connect();
  setInterval(() => {
    if (Date.now() - lastReceived < SILENCE_MS) return;
    showConnection(false);
    connect();
  }, CHECK_MS);
  addEventListener("online", connect);
}

/** A session that has ended needs the login page; a server that is away only needs time. */
async function reloadIfLoggedOut() {
  try {
    const answer = await fetch("/api/visitor", { headers: { accept: "application/json" } });
    if (answer.status === 401) location.reload();
  } catch {
    // no network
  }
}

/** An id that no other browser makes; crypto.randomUUID needs HTTPS, which a venue may not have. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send JSON and return the answer, whatever its status; a session that has ended needs the login page. Throws an Error
 * whose message a person can read, with the `status` 0, without a network.
 */
export async function request(path, body, timeout = SEND_TIMEOUT_MS) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", "X-Pulso-CSRF": state.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw Object.assign(new Error(t("refused_503")), { status: 0 });
  }
  if (answer.status === 401) location.reload();
  return answer;
}

/** Send a change; throws an Error whose message a person can read, with `status`, which is 0 without a network. */
export async function send(path, body) {
  const answer = await request(path, body);
  if (answer.ok) return;
  const refusal = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(refusal.detail ?? String(answer.status)), { status: answer.status, stale: answer.headers.get("X-Pulso-Page") === "stale" });
}
