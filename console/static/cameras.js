// The camera wall: a small picture of each camera, new about once a second, and what is counted in it.

import { live } from "./live.js";
import { age, h, keyed, now, number, state, t, text } from "./page.js";
import { drawPlan } from "./plan.js";

const STALE = 5_000;
const BEGUN = Date.now();
const COUNTED = 30_000;
let told = state.now;
let zones = state.zones;
const place = document.getElementById("plan");
const showPlan = place && state.plan ? drawPlan(place, state.plan, state.places) : () => {};

/** What a camera sees of each of its zones: people against the capacity, density and level; and its gates. */
function showCounts(item, camera) {
  const known = zones.cameras.find((one) => one.id === camera.id);
  const silent = known.at === null || now() - known.at > COUNTED;
  const blind = silent ? t("camera_silent") : known.blind ? t("camera_blind", { why: known.blind }) : "";
  text(item.querySelector(".blind"), blind);
  keyed(item.querySelector(".seen"), zones.zones.filter((zone) => known.zones.includes(zone.id)), (zone) => zone.id,
    () => h("li", {}, h("b"), h("meter", { min: 0, low: 0.7, high: 0.95, optimum: 0 }), h("span")),
    (row, zone) => {
      const seen = blind ? undefined : zone.views.find((view) => view.camera === camera.id);
      text(row.querySelector("b"), zone.title);
      const share = seen ? seen.persons / zone.capacity : 0;
      row.querySelector("meter").value = Math.min(1, share);
      row.querySelector("meter").setAttribute("aria-label", `${zone.title}: ${Math.round(share * 100)} %`);
      text(row.querySelector("span"), seen ? [t("people_of", { persons: number(seen.persons), capacity: number(zone.capacity) }), seen.density === null ? "" : t("density", { n: number(seen.density, 1) })].filter(Boolean).join(" · ") : t("no_data"));
    });
  const gates = zones.venue?.gates.filter((gate) => known.gates.includes(gate.gate)) ?? [];
  keyed(item.querySelector(".gates"), gates, (gate) => gate.gate, () => h("li"), (row, gate) => {
    const rate = gate.in_a_minute === null ? "" : ` (${t("plan_gate", { entered: number(gate.in_a_minute), left: number(gate.out_a_minute) })})`;
    text(row, t("gate", { gate: gate.gate, entered: number(gate.entered), left: number(gate.left) }) + rate);
  });
}

function show() {
  keyed(document.getElementById("wall"), told.cameras, (camera) => camera.id,
    (camera) => h("li", {}, h("img", { alt: t("camera_picture", { camera: camera.id }) }), h("p", {}, h("b", {}, camera.id), h("span", { class: "blind bad" }), h("span", { class: "age" })), h("ul", { class: "seen" }), h("ul", { class: "gates" })),
    (item, camera) => {
      const picture = item.querySelector("img");
      // The next is asked for when the last has come: a slow network gets fewer, not a queue.
      if (camera.at !== null && picture.dataset.at !== String(camera.at) && (picture.complete || !picture.src)) {
        picture.dataset.at = camera.at;
        picture.src = `/camera/${encodeURIComponent(camera.id)}?at=${camera.at}`;
      }
      const old = camera.at === null ? Date.now() - BEGUN > STALE : now() - camera.at > STALE;
      item.className = old ? "old" : "";
      text(item.querySelector(".age"), camera.at === null ? t("no_data") : age(camera.at));
      item.querySelector(".age").className = old ? "age bad" : "age dim";
      showCounts(item, camera);
    });
  showPlan(zones, now());
}

show();
setInterval(show, 2_000);
live([state.channel, "zones"], { [state.channel]: (news) => { told = news; show(); }, zones: (news) => { zones = news; show(); } });
