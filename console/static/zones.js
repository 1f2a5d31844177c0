// Zones by density and against their capacity, and which cameras see.

import { age, h, keyed, number, svg, t, text } from "./page.js";

const STALE = 30_000;

export function showZones(told, now) {
  keyed(document.getElementById("zones"), told.zones, (zone) => zone.id, makeZone, (card, zone) => {
    const share = zone.persons === null ? 0 : zone.persons / zone.capacity;
    card.className = zone.level ? `level-${zone.level}` : "";
    text(card.querySelector("b"), zone.title);
    text(card.querySelector(".persons"), zone.persons === null ? "–" : number(zone.persons));
    text(card.querySelector(".of"), zone.persons === null ? t("no_data") : t("people_of", { persons: `${Math.round(share * 100)} %`, capacity: number(zone.capacity) }));
    text(card.querySelector(".density"), zone.density === null ? "" : t("density", { n: number(zone.density, 1) }));
    text(card.querySelector(".level"), zone.level ? t("level", { level: zone.level }) : "");
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
    h("b"), h("div", { class: "facts" }, h("span", { class: "persons" }), h("span", { class: "of" })),
    h("div", { class: "facts" }, h("span", { class: "density" }), h("span", { class: "level" }), h("span", { class: "age dim" })),
    svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: 100, height: 4, fill: "#2b3542" }), svg("rect", { class: "share", width: 0, height: 4 })));
}
