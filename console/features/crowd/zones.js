// The zones of the control room: density, people against the capacity, flow and forecast; which cameras count.

import { blindReason } from "./blind.js";
import { drawPlan } from "./plan.js";
import { subscribe } from "../live.js";
import { age, h, keyed, now, number, on, state, svg, t, text } from "../page.js";

const STALE_MS = 30_000;
const REFRESH_MS = 5_000; // ages are shown
const SHOWN_LIMIT_CHANCE = 0.2;
const place = document.getElementById("plan");
const showPlan = place && state.plan ? drawPlan(place, state.plan, state.places) : () => {};
let zones = state.channels.zones;
let openAlerts = [];

/** Warnings of a zone, the most urgent first. */
function warnings(zone) {
  const found = zone.blind.length ? [t("zone_blind", { cameras: zone.blind.join(", ") })] : [];
  found.push(...zone.jammed.map((exit) => t("exit_jammed", { exit })));
  const chance = Math.round(zone.limit_chance * 100);
  if (zone.limit_chance >= SHOWN_LIMIT_CHANCE) found.push(zone.minutes_to_limit === null ? t("fills_perhaps", { n: chance }) : t("fills_in", { minutes: Math.round(zone.minutes_to_limit), n: chance }));
  return found.join(" · ");
}

function flow(zone) {
  if (!zone.flow) return "";
  const { speed, inflow } = zone.flow;
  return [speed === null ? "" : t("flow_speed", { n: number(speed, 1) }), Math.abs(inflow) >= 1 ? t("flow_in", { n: `${inflow > 0 ? "+" : "−"}${number(Math.abs(inflow))}` }) : ""].filter(Boolean).join(" · ");
}

/** Zones with an open alert that is high or worse; an alert names a zone, or a camera that counts in zones. */
function alarmedZones() {
  const zonesOf = new Map(zones.cameras.map((camera) => [camera.id, camera.zones]));
  const pressing = openAlerts.filter((alert) => ["critical", "high"].includes(alert.severity) && !alert.acknowledged_by);
  return new Set(pressing.flatMap((alert) => alert.subject.split("/").flatMap((part) => zonesOf.get(part) ?? [part])));
}

function makeZone() {
  return h("li", {},
    h("div", { class: "name" }, h("b"), h("span", { class: "age dim" })), h("div", { class: "facts" }, h("span", { class: "share-of" }), h("span", { class: "trend" }), h("span", { class: "persons" })),
    h("div", { class: "facts dim" }, h("span", { class: "density" }), h("span", { class: "level" })),
    h("div", { class: "facts" }, svg("svg", { class: "arrow", viewBox: "0 0 16 16", "aria-hidden": "true", hidden: true }, svg("polygon", { points: "8,1 13,14 8,11 3,14", fill: "#8fc7ff" })), h("span", { class: "flow dim" }), h("span", { class: "news" })),
    svg("svg", { class: "of-capacity", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: 100, height: 4, fill: "#2b3542" }), svg("rect", { class: "share", width: 0, height: 4 })));
}

function updateZone(card, zone) {
  const share = zone.persons === null ? 0 : zone.persons / zone.capacity;
  card.className = zone.level ? `level-${zone.level}` : "";
  text(card.querySelector("b"), zone.title);
  card.querySelector("b").title = zone.title;
  text(card.querySelector(".share-of"), zone.persons === null ? "–" : `${Math.round(share * 100)} %`);
  text(card.querySelector(".trend"), zone.trend === null ? "" : t(`trend_${zone.trend}`));
  text(card.querySelector(".persons"), zone.persons === null ? t("no_data") : t("people_of", { persons: number(zone.persons), capacity: number(zone.capacity) }));
  text(card.querySelector(".density"), zone.density === null ? "" : t("density", { n: number(zone.density, 1) }));
  text(card.querySelector(".level"), `${zone.level ? `${t("level", { level: zone.level })}, ` : ""}${t(`use_${zone.use}`)}`);
  text(card.querySelector(".flow"), flow(zone));
  card.querySelector("polygon").setAttribute("transform", `rotate(${zone.flow?.direction ?? 0} 8 8)`);
  card.querySelector(".arrow").toggleAttribute("hidden", zone.flow?.direction === null || zone.flow?.direction === undefined);
  text(card.querySelector(".news"), warnings(zone));
  const stale = zone.at !== null && now() - zone.at > STALE_MS;
  text(card.querySelector(".age"), zone.at === null ? "" : age(zone.at));
  card.querySelector(".age").className = stale ? "age bad" : "age dim";
  const bar = card.querySelector(".share");
  bar.setAttribute("width", String(Math.min(1, share) * 100));
  bar.setAttribute("fill", share >= 1 ? "#ff8585" : share >= 0.85 ? "#ffb45e" : "#8ce3a5");
}

function updateCamera(item, camera) {
  const silent = camera.silent || camera.at === null || now() - camera.at > STALE_MS;
  item.className = silent || camera.blind ? "bad" : "good";
  text(item, `${camera.id}: ${silent ? t("camera_silent") : camera.blind ? t("camera_blind", { why: blindReason(camera.blind) }) : t("camera_sees")}`);
}

function show() {
  showPlan(zones, now(), alarmedZones());
  keyed(document.getElementById("zones"), zones.zones, (zone) => zone.id, makeZone, updateZone);
  keyed(document.getElementById("cameras"), zones.cameras, (camera) => camera.id, () => h("li"), updateCamera);
}

show();
setInterval(show, REFRESH_MS);
on("alerts", ({ open }) => { openAlerts = open; show(); });
subscribe("zones", { zones: (update) => { zones = update; show(); } });
