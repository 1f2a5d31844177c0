// A message of the festival, chosen by the genres that this person declared, and the answer to it.

import { read, request, token, write } from "./store.js";
import { h, on, state, t, text } from "../page.js";

const ASK_MS = 600_000; // the server shows a phone one variant a day, however often it asks
const place = document.getElementById("promotion");
let shown = read("promotion"); // {at, message, responded}
let asking = false;

function keep(changed) {
  shown = changed === null ? null : { ...shown, ...changed };
  write("promotion", shown);
  showPromotion();
}

/** Ask what to show, when the section is looked at. */
export async function askForPromotion() {
  if (asking || (shown && Date.now() - shown.at < ASK_MS)) return;
  asking = true;
  try {
    const message = await request("/api/promotion", { token: token(), genres: read("taste", {}).genres ?? [] });
    keep({ at: Date.now(), message, responded: Boolean(message && shown?.message?.showing === message.showing && shown.responded) });
  } catch {
    // asked again when the section is opened next
  }
  asking = false;
}

async function respond() {
  try {
    await request("/api/promotion/response", { token: token(), showing: shown.message.showing });
    keep({ responded: true });
  } catch (error) {
    text(place.querySelector(".outcome"), error.message);
  }
}

export function showPromotion() {
  const message = shown?.message;
  place.hidden = !message;
  if (!message) return place.replaceChildren();
  const words = (texts) => texts[state.language] ?? texts.en;
  place.replaceChildren(h("h2", { class: "unseen" }, t("companion_message")), message.picture ? h("img", { src: message.picture.url, alt: words(message.picture) }) : "", h("p", { class: "message" }, words(message.text)),
    h("p", { class: "row" }, h("button", { type: "button", class: "respond", disabled: shown.responded, onclick: respond }, t(shown.responded ? "companion_message_thanks" : "companion_message_yes"))),
    h("p", { class: "outcome", role: "status" }), h("p", { class: "dim" }, t("companion_message_why")));
}

on("forgotten", () => keep(null));
