// The counts beside each picture of the camera wall, and the plan.

import { blindReason } from "./blind.js";
import { drawPlan } from "./plan.js";
import { subscribe } from "../live.js";
import { h, keyed, now, number, on, state, t, text } from "../page.js";

const STALE_MS = 30_000;
const REFRESH_MS = 2_000;
const place = document.getElementById("plan");
const showPlan = place && state.plan ? drawPlan(place, state.plan, state.places) : () => {};
const items = new Map(); // camera id → its item on the wall
let zones = state.channels.zones;

/** People that a camera counts in each of its zones, against the capacity, with the density. */
function showCounts(item, camera) {
  const silent = camera.at === null || now() - camera.at > STALE_MS;
  const problem = silent ? t("camera_silent") : camera.blind ? t("camera_blind", { why: blindReason(camera.blind) }) : "";
  text(item.querySelector(".blind"), problem);
  keyed(item.querySelector(".seen"), zones.zones.filter((zone) => camera.zones.includes(zone.id)), (zone) => zone.id,
    () => h("li", {}, h("b"), h("meter", { min: 0, low: 0.7, high: 0.95, optimum: 0 }), h("span")),
    (row, zone) => {
      const count = problem ? undefined : zone.views.find((view) => view.camera === camera.id);
      const share = count ? count.persons / zone.capacity : 0;
      text(row.querySelector("b"), zone.title);
      row.querySelector("meter").value = Math.min(1, share);
      row.querySelector("meter").setAttribute("aria-label", `${zone.title}: ${Math.round(share * 100)} %`);
      text(row.querySelector("span"), count ? [t("people_of", { persons: number(count.persons), capacity: number(zone.capacity) }), count.density === null ? "" : t("density", { n: number(count.density, 1) })].filter(Boolean).join(" · ") : t("no_data"));
    });
}

function show() {
  for (const camera of zones.cameras) if (items.has(camera.id)) showCounts(items.get(camera.id), camera);
  showPlan(zones, now());
}

on("camera", ({ item, camera }) => {
  item.querySelector("p b").after(h("span", { class: "blind bad" }));
  item.append(h("ul", { class: "seen" }));
  items.set(camera.id, item);
  show();
});
setInterval(show, REFRESH_MS);
subscribe("zones", { zones: (update) => { zones = update; show(); } });
show();
