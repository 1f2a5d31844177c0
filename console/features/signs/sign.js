// A sign on a whole screen. It asks every second what to show, keeps the answer, and decides by the clock alone: after a
// cut the last text stands until its own end, then the next one in force, then the default.

import { registerWorker } from "../offline.js";
import { keep, readKept } from "../storage.js";
import { shownAt, TURNS } from "./schedule.js";

const POLL_MS = 1_000;
const TIMEOUT_MS = 3_000;
const SHOW_MS = 200;
const CUT_MS = 5_000; // without an answer: a dot tells staff
const MAX_SIZE = 22; // of letters, in hundredths of the screen's shorter side

const page = JSON.parse(document.getElementById("state").textContent);
const name = document.getElementById("sign").dataset.sign;
const isPreview = new URLSearchParams(location.search).has("preview"); // somebody looks; this is not the display
const KEPT = `pulso-sign-${name}`;
const KEPT_TOKEN = `pulso-sign-token-${name}`;

const token = readToken();
let known = newest(page.sign, readKept(KEPT));
let offset = readKept(`${KEPT}-clock`, 0); // of the server's clock against this machine's
let answered = 0;
let drawn;

/** The token is in the part of the address that browsers don't send: `/sign/NAME#TOKEN`. */
function readToken() {
  const given = decodeURIComponent(location.hash.slice(1));
  if (given) keep(KEPT_TOKEN, given);
  return given || readKept(KEPT_TOKEN, "");
}

/** A page that a service worker kept is older than the last answer. */
function newest(one, other) {
  return other && other.now > one.now ? other : one;
}

const serverNow = () => Date.now() + offset;

function show() {
  const command = shownAt(known.commands, serverNow());
  const texts = command ?? known.default;
  const mark = JSON.stringify([command?.id, texts.es, texts.en, command?.arrow]);
  document.getElementById("cut").hidden = !answered || Date.now() - answered < CUT_MS;
  if (mark === drawn) return;
  drawn = mark;
  document.body.className = `page-sign ${command?.priority ?? ""}`.trim();
  document.body.dataset.command = command?.id ?? "";
  const arrow = document.getElementById("arrow");
  const turn = TURNS[command?.arrow];
  arrow.toggleAttribute("hidden", turn === undefined);
  if (turn === undefined) arrow.removeAttribute("aria-label");
  else {
    arrow.style.setProperty("--turn", `${turn}deg`);
    arrow.setAttribute("aria-label", page.words[`sign_arrow_${command.arrow}`]);
  }
  for (const language of ["es", "en"]) document.getElementById(`text-${language}`).textContent = texts[language];
  fit();
}

/** The largest letters with which everything fits. */
function fit() {
  const texts = document.getElementById("texts");
  const box = document.getElementById("sign");
  let low = 2;
  let high = MAX_SIZE;
  while (high - low > 0.25) {
    const size = (low + high) / 2;
    texts.style.setProperty("--size", `${size}vmin`);
    if (box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth || texts.scrollWidth > texts.clientWidth) high = size;
    else low = size;
  }
  texts.style.setProperty("--size", `${low}vmin`);
}

/** Say what is shown, and get what should be. */
const report = (signal) => fetch(`/api/sign/${name}`, {
  method: "POST",
  headers: { "content-type": "application/json", "X-Pulso-Sign": token },
  body: JSON.stringify({ shown: document.body.dataset.command || null }),
  signal,
});

async function ask() {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let answer = isPreview ? null : await report(signal);
  // Without the token nothing is believed that it says, but it must show what it should.
  if (!answer?.ok) answer = await fetch(`/api/sign/${name}`, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  known = await answer.json();
  offset = known.now - Date.now();
  answered = Date.now();
  keep(KEPT, known);
  keep(`${KEPT}-clock`, offset);
}

async function poll() {
  const before = document.body.dataset.command;
  try {
    await ask();
  } catch {
    // no network, or no server: what is kept goes on
  }
  show();
  // What it shows now is said at once.
  setTimeout(poll, before === document.body.dataset.command ? POLL_MS : 0);
}

async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  registerWorker("/sign/service_worker.js", { scope: "/sign/" });
  await navigator.serviceWorker.ready;
  const pages = await caches.open("pulso-sign");
  await pages.add(location.href.split("#")[0]);
  document.documentElement.dataset.kept = "yes";
}

answered = Date.now();
show();
addEventListener("resize", fit);
setInterval(show, SHOW_MS);
poll();
keepPage().catch(() => {}); // not over HTTPS, or no space left: the page works while it stays open
