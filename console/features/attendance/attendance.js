// People in the whole venue, and by which gates they came and left, above the zones of the control room.

import { subscribe } from "../live.js";
import { age, h, number, state, t, text } from "../page.js";

const REFRESH_MS = 5_000;
const NEARLY_FULL = 0.95;
const card = h("p", { id: "in-venue", hidden: true }, h("b"), " ", h("span", { class: "gates" }), " ", h("span", { class: "age dim" }), " ", h("span", { class: "blind bad" }));
let venue = state.channels.zones.venue;

function show() {
  card.hidden = !venue;
  if (!venue) return;
  const share = venue.capacity ? ` (${Math.round((venue.persons / venue.capacity) * 100)} %)` : "";
  text(card.querySelector("b"), venue.capacity ? t("in_venue_of", { n: number(venue.persons), capacity: number(venue.capacity), share }) : t("in_venue", { n: number(venue.persons) }));
  text(card.querySelector(".gates"), venue.gates.map((gate) => t("gate", { gate: gate.gate, entered: number(gate.entered), left: number(gate.left) })).join(" · "));
  text(card.querySelector(".blind"), venue.blind.length ? t("attendance_blind", { cameras: venue.blind.join(", ") }) : "");
  text(card.querySelector(".age"), age(venue.at));
  card.className = venue.capacity && venue.persons >= venue.capacity * NEARLY_FULL ? "bad" : "";
}

document.getElementById("zones")?.before(card);
show();
setInterval(show, REFRESH_MS);
subscribe("zones", { zones: (update) => { venue = update.venue; show(); } });
