// The programme: what is on now, or one day, by time; with search and stage.

import { nameOf } from "./places.js";
import { data, festivalNow as now, value } from "./store.js";
import { updateWishButton, wishButton } from "./wishes.js";
import { h, hour, keyed, state, t, text } from "../page.js";

const dayName = new Intl.DateTimeFormat(state.words.locale, { timeZone: "UTC", weekday: "short", day: "numeric" });
const place = document.getElementById("sets");
const stageField = document.getElementById("stage");
const findField = document.getElementById("find");
/** Text in lower case and without accents. */
const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "");
let chosen = null;

export const acts = () => value("programme")?.acts ?? [];
export const sets = () => value("programme")?.sets ?? [];
export const actName = (act) => acts().find((one) => one.id === act)?.name ?? sets().find((one) => one.act === act)?.name ?? act;
export const days = () => [...new Set(sets().map((one) => one.day))].sort();
export const dayText = (day) => dayName.format(new Date(`${day}T12:00:00Z`));
/** The day of the first set that has not ended; the first day if all have. */
export const currentDay = () => sets().find((one) => Date.parse(one.end) > now())?.day ?? days()[0] ?? "";
const isOn = (one) => one.status !== "cancelled" && Date.parse(one.begin) <= now() && now() < Date.parse(one.end);

/** What changed with a set, in words; empty while it is as printed. */
export function changeText(one) {
  if (one.status === "cancelled") return t("companion_cancelled");
  if (one.status !== "moved") return "";
  const before = [one.previous_begin && one.previous_begin !== one.begin ? hour(one.previous_begin) : "", one.previous_stage && one.previous_stage !== one.stage ? nameOf(one.previous_stage) : ""].filter(Boolean).join(", ");
  return t("companion_moved", { before: before || "–" });
}

function make() {
  return h("li", {}, h("p", { class: "when" }), h("h2"), h("p", { class: "where" }), h("p", { class: "changed" }), wishButton());
}

function update(item, one) {
  item.className = `${one.status} ${isOn(one) ? "on" : ""}`;
  const act = value("programme").acts.find((each) => each.id === one.act);
  text(item.querySelector(".when"), `${hour(one.begin)}–${hour(one.end)}${isOn(one) ? ` · ${t("companion_on")}` : ""}`);
  text(item.querySelector("h2"), one.name);
  const services = (act?.accessible_show ?? []).map((service) => state.words[`companion_show_${service}`] ?? service.replaceAll("_", " "));
  text(item.querySelector(".where"), [nameOf(one.stage), act?.genres[0], one.kind === "signing" ? t("companion_signing") : "", ...services].filter(Boolean).join(" · "));
  text(item.querySelector(".changed"), changeText(one));
  item.querySelector(".wish").hidden = one.kind === "signing" || one.status === "cancelled";
  updateWishButton(item.querySelector(".wish"), one.act, one.name);
}

function showDays() {
  const options = [...(sets().some(isOn) ? ["now"] : []), ...days()];
  if (!options.includes(chosen)) chosen = options[0] === "now" ? "now" : currentDay();
  keyed(document.getElementById("days"), options, (one) => one, (one) => h("button", { type: "button", onclick: () => { chosen = one; showProgramme(); } }), (button, one) => {
    text(button, one === "now" ? t("companion_now") : dayText(one));
    button.setAttribute("aria-pressed", String(one === chosen));
  });
}

function showStages() {
  const stages = [...new Set(sets().map((one) => one.stage))].sort();
  for (const stage of stages) if (![...stageField.options].some((option) => option.value === stage)) stageField.append(h("option", { value: stage }));
  for (const option of stageField.options) if (option.value) text(option, nameOf(option.value));
}

export function showProgramme() {
  showDays();
  showStages();
  const words = plain(findField.value).split(/\s+/).filter(Boolean);
  // A search looks at all days: who looks for an act may not know when it plays.
  const shown = sets().filter((one) => (words.length ? words.every((word) => plain(`${one.name} ${nameOf(one.stage)}`).includes(word)) : chosen === "now" ? isOn(one) : one.day === chosen) && (!stageField.value || one.stage === stageField.value));
  keyed(place, shown, (one) => one.id, make, update);
  const none = document.getElementById("no-sets");
  none.hidden = shown.length > 0;
  text(none, sets().length || !data.programme ? t("companion_no_sets") : t("companion_no_programme"));
}

findField.addEventListener("input", showProgramme);
stageField.addEventListener("change", showProgramme);
