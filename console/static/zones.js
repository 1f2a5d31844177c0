// Zones by density and against their capacity, and which cameras see.

import { drawPlan } from "./plan.js";
import { age, h, keyed, number, state, svg, t, text } from "./page.js";

const STALE = 30_000;
const drawn = document.getElementById("plan");
const showPlan = drawn && state.plan ? drawPlan(drawn, state.plan, state.places) : () => {};

/** What a zone's people do, in a few words; the most pressing first. */
function news(zone) {
  const said = zone.jammed.map((exit) => t("exit_jammed", { exit }));
  if (zone.limit_chance >= 0.2) said.push(zone.minutes_to_limit === null ? t("fills_perhaps", { n: Math.round(zone.limit_chance * 100) }) : t("fills_in", { minutes: Math.round(zone.minutes_to_limit), n: Math.round(zone.limit_chance * 100) }));
  return said.join(" · ");
}

function flow(zone) {
  if (!zone.flow) return "";
  const { speed, inflow } = zone.flow;
  return [speed === null ? "" : t("flow_speed", { n: number(speed, 1) }), Math.abs(inflow) >= 1 ? t("flow_in", { n: `${inflow > 0 ? "+" : "−"}${number(Math.abs(inflow))}` }) : ""].filter(Boolean).join(" · ");
}

/** How many are in the whole venue, and by which gates. */
function showVenue(told) {
  const card = document.getElementById("in-venue");
  card.hidden = !told;
  if (!told) return;
  const share = told.capacity ? ` (${Math.round((told.persons / told.capacity) * 100)} %)` : "";
  text(card.querySelector("b"), told.capacity ? t("in_venue_of", { n: number(told.persons), capacity: number(told.capacity), share }) : t("in_venue", { n: number(told.persons) }));
  text(card.querySelector(".gates"), told.gates.map((gate) => t("gate", { gate: gate.gate, entered: number(gate.entered), left: number(gate.left) })).join(" · "));
  text(card.querySelector(".age"), age(told.at));
  card.className = told.capacity && told.persons >= told.capacity * 0.95 ? "bad" : "";
}

/** @param alarms zones in which something is open that must be acted upon */
export function showZones(told, now, alarms) {
  showPlan(told, now, alarms);
  showVenue(told.venue);
  keyed(document.getElementById("zones"), told.zones, (zone) => zone.id, makeZone, (card, zone) => {
    const share = zone.persons === null ? 0 : zone.persons / zone.capacity;
    card.className = zone.level ? `level-${zone.level}` : "";
    text(card.querySelector("b"), zone.title);
    card.querySelector("b").title = zone.title;
    text(card.querySelector(".persons"), zone.persons === null ? "–" : number(zone.persons));
    text(card.querySelector(".of"), zone.persons === null ? t("no_data") : t("people_of", { persons: `${Math.round(share * 100)} %`, capacity: number(zone.capacity) }));
    text(card.querySelector(".density"), zone.density === null ? "" : t("density", { n: number(zone.density, 1) }));
    text(card.querySelector(".level"), zone.level ? t("level", { level: zone.level }) : "");
    text(card.querySelector(".flow"), flow(zone));
    card.querySelector("polygon").setAttribute("transform", `rotate(${zone.flow?.direction ?? 0} 8 8)`);
    card.querySelector(".arrow").toggleAttribute("hidden", zone.flow?.direction === null || zone.flow?.direction === undefined);
    text(card.querySelector(".news"), news(zone));
    const old = zone.at !== null && now - zone.at > STALE;
    text(card.querySelector(".age"), zone.at === null ? "" : age(zone.at));
    card.querySelector(".age").className = old ? "age bad" : "age dim";
    const bar = card.querySelector(".share");
    bar.setAttribute("width", String(Math.min(1, share) * 100));
    bar.setAttribute("fill", share >= 1 ? "#ff8585" : share >= 0.85 ? "#ffb45e" : "#8ce3a5");
  });
  keyed(document.getElementById("cameras"), told.cameras, (camera) => camera.id, () => h("li"), (item, camera) => {
    const silent = camera.at === null || now - camera.at > STALE;
    item.className = silent || camera.blind ? "bad" : "good";
    text(item, `${camera.id}: ${silent ? t("camera_silent") : camera.blind ? t("camera_blind", { why: camera.blind }) : t("camera_sees")}`);
  });
}

function makeZone() {
  return h("li", {},
    h("div", { class: "name" }, h("b"), h("span", { class: "age dim" })), h("div", { class: "facts" }, h("span", { class: "persons" }), h("span", { class: "of" })),
    h("div", { class: "facts" }, h("span", { class: "density" }), h("span", { class: "level" })),
    h("div", { class: "facts" }, svg("svg", { class: "arrow", viewBox: "0 0 16 16", "aria-hidden": "true", hidden: true }, svg("polygon", { points: "8,1 13,14 8,11 3,14", fill: "#8fc7ff" })), h("span", { class: "flow dim" }), h("span", { class: "news" })),
    svg("svg", { class: "of-capacity", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: 100, height: 4, fill: "#2b3542" }), svg("rect", { class: "share", width: 0, height: 4 })));
}
