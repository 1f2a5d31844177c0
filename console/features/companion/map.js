// The map: outlines of zones by crowding, paths, places, and a way that was asked for.

import { fill, help, kindName, named, nameOf, nearestOptions, placeOptions, places } from "./places.js";
import { read, request, value, write } from "./store.js";
import { h, keyed, number, on, state, svg, t, text } from "../page.js";

const MARGIN_SHARE = 0.04;
const LETTERS = 24; // letters of a label across the whole map
const ZOOMS = [1, 1.6, 2.5, 4];
const IMPORTANT_KINDS = ["stage", "first_aid", "exit", "accessible_toilet", "toilet", "water"]; // these cover others
const FIRST_KINDS = ["stage", "toilet", "accessible_toilet", "water", "first_aid", "bar", "exit"];
const shell = document.getElementById("map-shell");
const form = document.getElementById("route-form");
const outcome = form.querySelector(".outcome");
let zoom = 0;
let drawn = null; // the map's data that the picture shows
let areas = new Map(); // zone → [shape, word]
let way = null;
let line = null;
let unit = 1; // size of a letter on the whole map, metres
let at = ([x, y]) => [x, y];
const shownKinds = new Set(read("kinds", FIRST_KINDS));

const points = (list) => list.map((point) => at(point).map((one) => one.toFixed(1)).join(",")).join(" ");
/** Short sign of a kind of place, as on a printed map. */
const sign = (kind) => state.words[`companion_sign_${kind}`] ?? kindName(kind).slice(0, 2).toUpperCase();

function draw(map) {
  const all = [...map.places.map((place) => [place.x_m, place.y_m]), ...(map.outline ?? []), ...Object.values(map.areas).flat()];
  if (!all.length) {
    shell.replaceChildren(h("p", {}, t("companion_no_map")));
    return;
  }
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => y);
  const span = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 1);
  const margin = span * MARGIN_SHARE;
  const left = Math.min(...xs) - margin;
  const top = Math.max(...ys) + margin;
  const width = Math.max(...xs) + margin - left;
  const height = top - Math.min(...ys) + margin;
  unit = width / LETTERS;
  at = ([x, y]) => [x - left, top - y]; // a sheet's y grows downwards
  const picture = svg("svg", { id: "map", viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`, role: "img", "aria-label": t("companion_map_label") });
  picture.style.aspectRatio = `${width} / ${height}`;
  if (map.outline) picture.append(svg("polygon", { class: "fence", points: points(map.outline), "stroke-width": unit / 6 }));
  areas = new Map(zoneShapes(map));
  for (const [shape] of areas.values()) picture.append(shape);
  const where = new Map(map.places.map((place) => [place.id, [place.x_m, place.y_m]]));
  for (const path of map.paths) picture.append(svg("polyline", { class: path.steps ? "path steps" : "path", "data-path": [path.start, path.end].sort().join("/"), points: points([where.get(path.start), where.get(path.end)]), "stroke-width": unit / 4 }));
  line = picture.appendChild(svg("polyline", { class: "way", points: "", "stroke-width": unit / 2 }));
  for (const place of map.places) if (place.kind !== "junction") picture.append(mark(place, width));
  for (const [, word] of areas.values()) picture.append(word);
  shell.replaceChildren(picture);
  shell.style.aspectRatio = `${width} / ${Math.min(height, width * 1.4)}`;
  drawn = map;
  showZoom();
  showKinds();
}

/** A shape and a word for each zone: its outline, or a ring around the place of the same name. */
function zoneShapes(map) {
  const word = (x, y) => label({ class: "crowd-word", "font-size": (unit * 0.85).toFixed(1) }, x, y + unit * 1.9);
  const middle = (corners) => [0, 1].map((axis) => corners.map(at).reduce((sum, one) => sum + one[axis], 0) / corners.length);
  const rings = map.places.filter((place) => !(place.id in map.areas)).map((place) => {
    const [x, y] = at([place.x_m, place.y_m]);
    return [place.id, [svg("circle", { class: "ring", cx: x.toFixed(1), cy: y.toFixed(1), r: (unit * 1.6).toFixed(1) }), word(x, y)]];
  });
  return [...Object.entries(map.areas).map(([zone, corners]) => [zone, [svg("polygon", { class: "area", points: points(corners) }), word(...middle(corners))]]), ...rings];
}

/** A group or text that stays as large as it is when the map is made larger. */
function label(attributes, x, y, tag = "text") {
  const shape = svg(tag, attributes);
  shape.place = [x, y];
  return shape;
}

function mark(place, width) {
  const [x, y] = at([place.x_m, place.y_m]);
  const isStage = place.kind === "stage";
  const group = label({ class: `place kind-${place.kind}`, "data-kind": place.kind }, x, y, "g");
  group.append(svg("title", {}, nameOf(place.id)));
  if (isStage) group.append(svg("text", { class: x < width / 4 ? "at-left" : x > width * 0.75 ? "at-right" : "", "font-size": unit.toFixed(1), y: (unit * 0.35).toFixed(1) }, `♪ ${nameOf(place.id)}`));
  else group.append(svg("circle", { r: (unit * 0.75).toFixed(1) }), svg("text", { "font-size": (unit * 0.72).toFixed(1), y: (unit * 0.26).toFixed(1) }, sign(place.kind)));
  return group;
}

function showZoom() {
  const picture = document.getElementById("map");
  if (!picture) return;
  picture.style.width = `${ZOOMS[zoom] * 100}%`;
  for (const shape of labels()) shape.setAttribute("transform", `translate(${shape.place.map((one) => one.toFixed(2)).join(" ")}) scale(${(1 / ZOOMS[zoom]).toFixed(3)})`);
  hideCovered();
  document.getElementById("map-larger").disabled = zoom === ZOOMS.length - 1;
  document.getElementById("map-smaller").disabled = zoom === 0;
}

const labels = () => shell.querySelectorAll(".place, .crowd-word");

/** Hide labels that others cover, the least important first: they are seen where the map is made larger. */
function hideCovered() {
  const rank = (shape) => (shape.dataset.kind ? (IMPORTANT_KINDS.indexOf(shape.dataset.kind) + 100) % 100 : 0.5);
  const taken = [];
  for (const shape of [...labels()].sort((one, other) => rank(one) - rank(other))) {
    shape.classList.remove("covered");
    if (shape.hasAttribute("hidden")) continue;
    const box = shape.getBoundingClientRect();
    const covered = box.width > 0 && taken.some((one) => box.left < one.right && one.left < box.right && box.top < one.bottom && one.top < box.bottom);
    shape.classList.toggle("covered", covered);
    if (!covered) taken.push(box);
  }
}

function setZoom(step) {
  const middle = [(shell.scrollLeft + shell.clientWidth / 2) / shell.scrollWidth, (shell.scrollTop + shell.clientHeight / 2) / shell.scrollHeight];
  zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
  showZoom();
  shell.scrollTo(middle[0] * shell.scrollWidth - shell.clientWidth / 2, middle[1] * shell.scrollHeight - shell.clientHeight / 2);
}

function showKinds() {
  const kinds = [...new Set(named().map((place) => place.kind))].sort((a, b) => kindName(a).localeCompare(kindName(b)));
  const field = document.getElementById("kinds");
  for (const kind of kinds) {
    if (field.querySelector(`[value="${kind}"]`)) continue;
    const box = h("input", { type: "checkbox", value: kind, checked: shownKinds.has(kind), onchange: () => {
      if (box.checked) shownKinds.add(kind);
      else shownKinds.delete(kind);
      write("kinds", [...shownKinds]);
      showKinds();
    } });
    field.append(h("label", { class: "check" }, box, kind === "stage" ? kindName(kind) : `${sign(kind)} ${kindName(kind)}`));
  }
  for (const group of shell.querySelectorAll("[data-kind]")) group.toggleAttribute("hidden", !shownKinds.has(group.dataset.kind));
  hideCovered();
}

const crowdingWord = (crowding) => t(`companion_crowding_${crowding ?? "unknown"}`);

function showCrowding() {
  const current = value("now");
  const zones = current?.zones ?? [];
  for (const { id, crowding } of zones) {
    const [shape, word] = areas.get(id) ?? [];
    shape?.setAttribute("class", `${shape.tagName === "circle" ? "ring" : "area"} ${crowding ?? "unknown"}`);
    if (word) text(word, crowding ? t(`companion_crowding_${crowding}`).split(":")[0] : "?");
  }
  hideCovered();
  keyed(document.getElementById("crowding"), zones, (zone) => zone.id, () => h("li", {}, h("b"), " ", h("span")), (item, zone) => {
    text(item.querySelector("b"), zone.title);
    text(item.querySelector("span"), crowdingWord(zone.crowding));
    item.querySelector("span").className = `crowding ${zone.crowding ?? "unknown"}`;
  });
  const closed = new Set((current?.closed ?? []).map((ends) => ends.join("/")));
  const crowded = new Set((current?.crowded ?? []).map((ends) => ends.join("/")));
  for (const path of shell.querySelectorAll("[data-path]")) {
    path.classList.toggle("closed", closed.has(path.dataset.path));
    path.classList.toggle("crowded", crowded.has(path.dataset.path));
  }
  document.getElementById("map")?.setAttribute("aria-label", [t("companion_map_label"), ...zones.map((zone) => `${zone.title}: ${crowdingWord(zone.crowding)}`)].join(". "));
}

function showWay() {
  if (!line) return;
  const where = new Map(places().map((place) => [place.id, [place.x_m, place.y_m]]));
  line.setAttribute("points", way ? points(way.places.map((place) => where.get(place)).filter(Boolean)) : "");
  const closed = new Set((value("now")?.closed ?? []).map((ends) => ends.join("/")));
  keyed(document.getElementById("way"), way?.steps ?? [], (step) => `${step.start}/${step.end}`, () => h("li"), (item, step) => {
    const notes = [`${number(step.metres)} m`, state.words[`companion_path_${step.kind}`] ?? step.kind, closed.has([step.start, step.end].sort().join("/")) ? t("companion_path_closed") : ""];
    text(item, `${nameOf(step.end)} (${notes.filter(Boolean).join(", ")})`);
  });
}

async function findWay() {
  const { start, end, mobility } = form.elements;
  const asked = new URLSearchParams({ start: start.value, mobility: mobility.value });
  if (end.value.startsWith("nearest:")) asked.set("nearest", end.value.slice("nearest:".length));
  else asked.set("end", end.value);
  write("here", start.value);
  text(outcome, t("companion_looking"));
  try {
    const found = await request(`/api/route?${asked}`);
    way = found.found ? found : null;
    text(outcome, way ? t("companion_way", { place: nameOf(way.places.at(-1)), metres: number(way.metres), minutes: number(way.minutes) }) : t("companion_no_way", { help: help() }));
  } catch (error) {
    text(outcome, error.message);
  }
  showWay();
}

export function showMap() {
  const map = value("map");
  if (map && map !== drawn) draw(map);
  fill(form.elements.start, placeOptions());
  fill(form.elements.end, [...nearestOptions(), ...placeOptions()]);
  const here = read("here");
  if (here && !form.dataset.filled && form.elements.start.options.length) {
    form.elements.start.value = here;
    form.dataset.filled = "yes";
  }
  showCrowding();
  showWay();
}

form.addEventListener("submit", (event) => { event.preventDefault(); findWay(); });
document.getElementById("map-larger").addEventListener("click", () => setZoom(1));
document.getElementById("map-smaller").addEventListener("click", () => setZoom(-1));
on("forgotten", () => { way = null; text(outcome, ""); showMap(); });
new ResizeObserver(hideCovered).observe(shell); // also when the section is opened
