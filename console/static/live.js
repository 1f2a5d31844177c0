// One connection to the server, over which all that is new comes; it comes back by itself after a cut.

import { setClock, state, t, time, now } from "./page.js";

const SILENCE = 16_000; // milliseconds without a tick (they come every 5 s) after which the line counts as cut
const AGAIN = 1_000;

/**
 * Listen to channels.
 * @param handlers event → what to do with its JSON
 * @param cursor where the page's alerts stand; each alert brings the next
 */
export function live(channels, handlers, cursor = "") {
  let source;
  let heard = Date.now();
  let cutSince = null;

  function show(connected) {
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
    heard = Date.now();
    const address = new URL("/live", location);
    address.searchParams.set("channels", channels.join(","));
    if (cursor) address.searchParams.set("since", cursor);
    source = new EventSource(address);
    source.addEventListener("tick", (event) => {
      heard = Date.now();
      setClock(JSON.parse(event.data).now);
      show(true);
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard = Date.now();
        if (event.lastEventId) cursor = event.lastEventId;
        handle(JSON.parse(event.data));
      });
    }
    const mine = source;
    source.addEventListener("error", async () => {
      if (mine !== source) return;
      show(false);
      // While it is connecting, the browser tries again by itself and says what it had last.
      if (source.readyState !== EventSource.CLOSED) return;
      await leaveIfLoggedOut();
      setTimeout(() => mine === source && connect(), AGAIN);
    });
  }

  connect();
  setInterval(() => {
    if (Date.now() - heard < SILENCE) return;
    show(false);
    connect();
  }, 2_000);
  addEventListener("online", connect);
}

/** A session that has ended needs the login page; a server that is away only needs time. */
async function leaveIfLoggedOut() {
  try {
    const answer = await fetch("/api/visitor", { headers: { accept: "application/json" } });
    if (answer.status === 401) location.reload();
  } catch {
    // no network
  }
}

/** A name that no other browser makes; crypto.randomUUID needs HTTPS, which a venue may not have. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Send a change; throws an Error whose message a person can read, with `status`, which is 0 without a network. */
export async function send(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", "X-Pulso-CSRF": state.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw Object.assign(new Error(t("refused_503")), { status: 0 });
  }
  if (answer.ok) return;
  if (answer.status === 401) location.reload();
  const told = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(answer.status === 409 ? t("gone") : (told.detail ?? String(answer.status))), { status: answer.status, stale: answer.headers.get("X-Pulso-Page") === "stale" });
}
