// The companion: one page with sections, one poll for all that changes, and what this phone keeps without a network.

import { keepCompanion } from "./keep.js";
import { chat } from "./chat.js";
import { showChanges } from "./changes.js";
import { showFaq } from "./faq.js";
import { openLink, showFriends } from "./friends.js";
import { showMap } from "./map.js";
import { askForOffer, showPlan } from "./plan.js";
import { askForPromotion, showPromotion } from "./promotion.js";
import { showProgramme } from "./programme.js";
import { showQueues } from "./queues.js";
import { connected, data, load, value } from "./store.js";
import { sendForgotten, showTaste } from "./taste.js";
import { age, on, state, t, text } from "../page.js";

const POLL_MS = 10_000;
const FAQ_MS = 300_000;
const AGES_MS = 5_000;
const LATE_MS = 60_000; // without an answer for so long, the age of the data is said on top
const SECTIONS = ["programme", "plan", "map", "queues", "ask", "you", "changes"];
const faqName = `faq-${state.language}`;

function openSection(focus) {
  const wanted = location.hash.slice(1);
  const open = wanted.startsWith("friend=") ? "plan" : SECTIONS.includes(wanted) ? wanted : "programme";
  for (const name of SECTIONS) document.getElementById(`section-${name}`).hidden = name !== open;
  for (const link of document.querySelectorAll("[data-section]")) {
    if (link.dataset.section === open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (open === "you") askForPromotion();
  if (focus) {
    scrollTo(0, 0);
    document.getElementById("content").focus({ preventScroll: true });
  }
}

function showAges() {
  for (const place of document.querySelectorAll("[data-age]")) {
    const at = data[place.dataset.age === "faq" ? faqName : place.dataset.age]?.at;
    text(place, at ? t("data_age", { age: age(at) }) : t("no_data"));
  }
  const sign = document.getElementById("network");
  const at = data.now?.at;
  const late = connected === false || (at && Date.now() - at > LATE_MS);
  sign.className = connected === null ? "" : late ? "cut" : "live";
  text(sign, connected === null ? t("connecting") : !late ? t("connected") : at ? t("companion_cut", { age: age(at) }) : t("companion_cut_no_data"));
}

let seen = null;
async function poll() {
  await load("now", "/api/companion");
  const version = value("now")?.programme;
  if (connected && version !== undefined && version !== seen && await loadProgramme()) seen = version;
  if (connected) await sendForgotten();
  if (connected) await askForOffer();
  showAges();
}

async function loadProgramme() {
  await load("programme", "/api/programme");
  return connected;
}

async function repeat() {
  if (!document.hidden) await poll();
  setTimeout(repeat, POLL_MS * (0.9 + 0.2 * Math.random())); // so that phones do not all ask at once
}

function showAll() {
  showProgramme();
  showFriends();
  showPlan();
  showMap();
  showQueues();
  showChanges();
  showFaq(document.getElementById("faq"), value(faqName) ?? []);
  showTaste();
  showPromotion();
  showAges();
}

addEventListener("hashchange", () => openSection(true));
addEventListener("online", poll);
addEventListener("offline", poll);
document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
openSection(false);
chat(document.getElementById("chat"), { keep: true });
showAll();
on("data", showAll);
on("wishes", () => { showProgramme(); showPlan(); showTaste(); });
on("network", showAges);
setInterval(showAges, AGES_MS);
setInterval(showProgramme, 60_000); // what is on now
setInterval(() => { if (!document.hidden) load(faqName, `/api/faq?language=${state.language}`); }, FAQ_MS);
await Promise.all([loadProgramme(), load("map", "/api/map"), load(faqName, `/api/faq?language=${state.language}`)]);
openLink();
repeat();
keepCompanion();
