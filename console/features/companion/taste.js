// For you: recommended acts with their reasons and songs, other festivals, and forgetting with one press.

import { acts } from "./programme.js";
import { data, forgetPerson, read, request, token, value, write } from "./store.js";
import * as wishes from "./wishes.js";
import { updateWishButton, wishButton } from "./wishes.js";
import { emit, h, keyed, t, text } from "../page.js";

const MAX_CHANGES = 50; // of one request
const outcome = document.getElementById("you-outcome");
const forgetOutcome = document.getElementById("forget-outcome");
const NOTHING = { acts: [], festivals: [], genres: [], told: {}, disliked: [], refused: [] };
let taste = { ...NOTHING, ...read("taste", {}) };

function keep(changed) {
  taste = { ...taste, ...changed };
  write("taste", taste);
  showTaste();
}

function reasonText(one) {
  return t(`companion_reason_${one.reason}`, { because: one.because });
}

async function send(changes) {
  text(outcome, t("companion_looking"));
  try {
    const answer = await request("/api/taste", { token: token(), changes: changes.slice(0, MAX_CHANGES) });
    text(outcome, answer.acts.length ? "" : t("companion_no_recommendation"));
    keep({ acts: answer.acts, festivals: answer.festivals });
    return true;
  } catch (error) {
    text(outcome, error.message);
    return false;
  }
}

/** Tell the wishes and genres that were not told yet, and those that were taken back. */
async function recommend() {
  const wished = Object.keys(wishes.all());
  const known = new Set((value("programme")?.acts ?? []).map((act) => act.id));
  const genres = [...document.querySelectorAll("#genres input:checked")].map((box) => box.value);
  const changes = [
    ...wished.filter((act) => known.has(act) && !taste.told[act]).map((act) => ({ kind: "like", value: act })),
    ...Object.keys(taste.told).filter((act) => !wished.includes(act) && known.has(act)).map((act) => ({ kind: "undo", value: act })),
    ...genres.filter((genre) => !taste.genres.includes(genre)).map((genre) => ({ kind: "genre", value: genre })),
  ];
  if (!changes.length && !taste.acts.length) {
    text(outcome, t("companion_no_taste"));
    return;
  }
  if (changes.length && await send(changes)) keep({ told: Object.fromEntries(wished.map((act) => [act, true])), genres: [...new Set([...taste.genres, ...genres])] });
  else if (!changes.length) text(outcome, "");
}

async function dislike(act) {
  if (await send([{ kind: "dislike", value: act }])) keep({ acts: taste.acts.filter((one) => one.act !== act), disliked: [...taste.disliked, act] });
}

async function importPlays({ currentTarget }) {
  const [file] = currentTarget.files;
  if (!file) return;
  text(outcome, t("companion_looking"));
  try {
    const answer = await request(`/api/taste/import?token=${encodeURIComponent(token())}`, file, "application/octet-stream");
    text(outcome, "");
    keep({ acts: answer.acts, festivals: answer.festivals });
  } catch (error) {
    text(outcome, error.message);
  }
  currentTarget.value = "";
}

/** Forget on this phone at once, and on the server as soon as it can be reached. */
async function forget() {
  const known = read("token");
  if (known) write("to-forget", [...read("to-forget", []), known]);
  forgetPerson();
  wishes.clear();
  taste = NOTHING;
  text(outcome, "");
  emit("forgotten", true);
  showTaste();
  await sendForgotten();
  text(forgetOutcome, read("to-forget", []).length ? t("companion_forgotten_here") : t("companion_forgotten"));
}

/** Send what is still to be forgotten; without a network it stays to be sent. */
export async function sendForgotten() {
  for (const one of read("to-forget", [])) {
    try {
      await request("/api/itinerary/forget", { token: one });
      await request("/api/taste", { token: one, changes: [{ kind: "forget" }] });
    } catch {
      return;
    }
    write("to-forget", read("to-forget", []).filter((other) => other !== one));
    if (!read("to-forget", []).length) text(forgetOutcome, t("companion_forgotten"));
  }
}

/** Why a festival is recommended: the acts that count most, and the reason of the first of them. */
function festivalText({ acts, reason, because }) {
  const why = reason === "known" ? t("companion_reason_known") : t(`companion_reason_${reason}`, { because });
  return t(acts.length > 1 ? "companion_festival_acts" : "companion_festival_act", { first: acts[0], why, others: acts.slice(1).join(", ") });
}

const makeFestival = ({ festival }) => h("li", {}, h("h3"), h("p", { class: "where" }), h("p", { class: "why" }), h("p", { class: "row" }, h("button", { type: "button", class: "not", onclick: () => keep({ refused: [...taste.refused, festival] }) }, t("companion_not_for_me"))));

function showFestivals() {
  const shown = taste.festivals.filter((one) => !taste.refused.includes(one.festival));
  document.getElementById("festivals-title").hidden = !shown.length;
  keyed(document.getElementById("festivals"), shown, (one) => one.festival, makeFestival, (item, one) => {
    text(item.querySelector("h3"), one.name);
    text(item.querySelector(".where"), [one.place, one.when].filter(Boolean).join(" · "));
    text(item.querySelector(".why"), festivalText(one));
    item.querySelector(".not").setAttribute("aria-label", t("companion_not_for_me_act", { name: one.name }));
  });
}

/** Songs to hear before one goes: those that the organiser names, in that order. */
function songsText(id) {
  const songs = acts().find((one) => one.id === id)?.songs ?? [];
  return songs.length ? t("companion_songs", { songs: songs.map((one) => `“${one}”`).join(", ") }) : "";
}

function make() {
  return h("li", {}, h("h2"), h("p", { class: "why" }), h("p", { class: "songs" }), h("p", { class: "row" }, wishButton(), h("button", { type: "button", class: "not", onclick: ({ currentTarget }) => dislike(currentTarget.dataset.act) }, t("companion_not_for_me"))));
}

export function showTaste() {
  const genres = [...new Set((value("programme")?.acts ?? []).flatMap((act) => act.genres))].sort();
  keyed(document.getElementById("genres"), ["", ...genres], (genre) => genre, (genre) => (genre === "" ? h("legend") : h("label", { class: "check" }, h("input", { type: "checkbox", value: genre, checked: taste.genres.includes(genre) }), genre)), (item, genre) => {
    if (genre === "") text(item, t("companion_genres"));
  });
  const shown = taste.acts.filter((one) => !taste.disliked.includes(one.act));
  keyed(document.getElementById("recommended"), shown, (one) => one.act, make, (item, one) => {
    text(item.querySelector("h2"), one.name);
    text(item.querySelector(".why"), reasonText(one));
    text(item.querySelector(".songs"), songsText(one.act));
    updateWishButton(item.querySelector(".wish"), one.act, one.name);
    item.querySelector(".not").dataset.act = one.act;
    item.querySelector(".not").setAttribute("aria-label", t("companion_not_for_me_act", { name: one.name }));
  });
  showFestivals();
  document.getElementById("recommend").disabled = !data.programme;
}

document.getElementById("recommend").addEventListener("click", recommend);
document.getElementById("export").addEventListener("change", importPlays);
document.getElementById("forget").addEventListener("click", forget);
