// My plan: wishes, the request for a plan, and the plan, which stays as it is until this person asks for another.

import * as friends from "./friends.js";
import { fill, kindName, nameOf, placeOptions } from "./places.js";
import { ask, offerCard, offerFor } from "./offer.js";
import { actName, currentDay, days, dayText, sets } from "./programme.js";
import { festivalNow as now, read, request, token, value, write } from "./store.js";
import * as wishes from "./wishes.js";
import { emit, h, hour, keyed, number, on, t, text } from "../page.js";

const form = document.getElementById("plan-form");
const outcome = form.querySelector(".outcome");
let plan = read("plan");

const pathKey = (start, end) => [start, end].sort().join("/");

/** What happened to a part of the plan since it was made, in words; empty if nothing did. */
function broken(part) {
  if (part.set) {
    const set = sets().find((one) => one.id === part.set);
    if (!set || set.status === "scheduled") return "";
    if (set.status === "cancelled") return t("companion_cancelled");
    const planned = plan.sets?.[part.set];
    if (planned && planned.stage === set.stage && planned.begin === set.begin) return ""; // moved before the plan was made
    return t("companion_now_at", { time: hour(set.begin), place: nameOf(set.stage) });
  }
  if (part.places) {
    const closed = new Set((value("now")?.closed ?? []).map(([start, end]) => pathKey(start, end)));
    return part.places.slice(1).some((place, index) => closed.has(pathKey(part.places[index], place))) ? t("companion_path_closed") : "";
  }
  return "";
}

/** Stops and walks in the order of time. */
function parts() {
  if (!plan) return [];
  const stops = plan.stops.map((stop) => ({ ...stop, key: `stop/${stop.begin}/${stop.set ?? stop.wish}` }));
  const legs = plan.legs.map((leg) => ({ ...leg, key: `leg/${leg.begin}/${leg.places.join(">")}` }));
  return [...stops, ...legs].sort((a, b) => Date.parse(a.begin) - Date.parse(b.begin) || (a.places ? -1 : 1));
}

function make() {
  return h("li", {}, h("p", { class: "when" }), h("h2"), h("p", { class: "where" }), h("p", { class: "who" }), h("p", { class: "changed" }));
}

function update(item, part) {
  const over = Date.parse(part.end) < now();
  const why = broken(part);
  item.className = [part.places ? "walk" : "stop", over ? "over" : "", why ? "broken" : ""].join(" ");
  text(item.querySelector(".when"), `${hour(part.begin)}–${hour(part.end)}`);
  if (part.places) {
    text(item.querySelector("h2"), t("companion_walk_to", { place: nameOf(part.places.at(-1)) }));
    text(item.querySelector(".where"), [`${number(part.metres)} m`, part.has_steps ? t("companion_has_steps") : ""].filter(Boolean).join(" · "));
  } else {
    text(item.querySelector("h2"), part.set ? actName(part.act) : part.kind ? t("companion_break_at", { kind: kindName(part.kind) }) : t("companion_break"));
    text(item.querySelector(".where"), nameOf(part.place));
  }
  text(item.querySelector(".who"), wishedBy(part));
  text(item.querySelector(".changed"), why);
}

/** This person and the friends of the plan, as they were when it was made: names and wishes. */
const people = () => (plan?.friends?.length ? [{ name: t("companion_you_said"), wishes: plan.wishes }, ...plan.friends] : []);

/** Whose wish a part of the plan is; empty for a plan of one. */
function wishedBy(part) {
  if (!part.act) return "";
  const names = people().filter((one) => one.wishes[part.act]).map((one) => (one.wishes[part.act] === "must" ? t("companion_must_see_act", { name: one.name }) : one.name));
  return names.length ? t("companion_wished_by", { names: names.join(", ") }) : "";
}

/** Who meets whom, where and when, and how many wishes of each the plan has. */
function togetherText(all) {
  const everybody = people();
  if (!everybody.length || !all.length) return "";
  const seen = new Set(plan.stops.map((stop) => stop.act));
  const shares = everybody.map((one) => t("companion_share", { name: one.name, n: number(Object.keys(one.wishes).filter((act) => seen.has(act)).length), all: number(Object.keys(one.wishes).length) }));
  return [t("companion_together", { names: everybody.map((one) => one.name).join(", "), time: hour(all[0].begin), place: nameOf(all[0].places?.[0] ?? all[0].place) }), ...shares, plan.is_best ? "" : t("companion_not_best")].filter(Boolean).join(" ");
}

/** What happened to the parts of the plan that are still to come, each in a sentence. */
function changes(all) {
  return all.filter((part) => Date.parse(part.end) >= now() && broken(part)).map((part) => {
    if (part.places) return t("companion_broken_path", { place: nameOf(part.places.at(-1)) });
    const set = sets().find((one) => one.id === part.set);
    if (set.status === "cancelled") return t("companion_broken_cancelled", { name: actName(part.act) });
    return t("companion_broken_moved", { name: actName(part.act), time: hour(set.begin), place: nameOf(set.stage), before: hour(part.begin), before_place: nameOf(part.place) });
  });
}

function showBroken(lines) {
  const offer = lines.length ? offerFor(plan) : null;
  const rows = lines.length ? [
    ...[...new Set(lines)].map((line) => ({ key: line, make: () => h("p", {}, line) })),
    { key: "stays", make: () => h("p", { class: "stays" }, t("companion_plan_broken")) },
    ...(offer ? [{ key: offer.event_id, make: () => offerCard(offer, unmetText, again, showPlan) }] : []),
    { key: offer ? "other" : "again", make: () => h("p", { class: "row" }, h("button", { type: "button", class: offer ? "again" : "again main", onclick: () => again() }, t("companion_plan_again"))) },
  ] : [];
  keyed(document.getElementById("broken"), rows, (row) => row.key, (row) => row.make(), () => {});
}

/** Ask for the alternative to a plan that a change touches. */
export async function askForOffer() {
  const lines = changes(parts());
  if (plan?.event_id && lines.length && await ask(plan, lines.join(" "))) showPlan();
}

function unmetText(one) {
  const what = one.act ? actName(one.act) : t("companion_break");
  return t("companion_unmet", { what, why: t(`companion_unmet_${one.reason}`) });
}

function showResult() {
  const all = parts();
  keyed(document.getElementById("stops"), all, (part) => part.key, make, update);
  const made = document.getElementById("plan-made");
  const notes = plan ? [plan.reachable ? "" : t("companion_no_way", { help: "" }), ...plan.unmet.map(unmetText), t("companion_plan_made", { time: hour(plan.time), metres: number(plan.metres) })] : [t("companion_no_plan")];
  text(made, notes.filter(Boolean).join(" "));
  const lines = changes(all);
  showBroken(lines);
  text(document.querySelector('[data-section="plan"] .count'), lines.length ? " !" : "");
  text(document.getElementById("together"), togetherText(all));
  document.getElementById("share-plan").hidden = !all.length;
}

function showWishes() {
  const names = Object.keys(wishes.all());
  document.getElementById("no-wishes").hidden = names.length > 0;
  wishes.showList(document.getElementById("wishes"), wishes.all(), wishes.set);
}

function showForm() {
  const day = form.elements.day;
  const isNew = !day.options.length;
  fill(day, days().map((one) => [one, dayText(one)]));
  for (const field of form.querySelectorAll("[data-places]")) fill(field, placeOptions());
  if (isNew && day.options.length) {
    day.value = currentDay();
    const kept = read("plan-form", {});
    for (const [name, content] of Object.entries(kept)) {
      const field = form.elements[name];
      if (field?.type === "checkbox") field.checked = content;
      else if (field && (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === content))) field.value = content;
    }
  }
  const here = read("here");
  if (here && [...form.elements.origin.options].some((option) => option.value === here)) form.elements.origin.value = here;
}

function keepForm() {
  const kept = {};
  for (const field of form.elements) if (field.name) kept[field.name] = field.type === "checkbox" ? field.checked : field.value;
  write("plan-form", kept);
}

/** Acts that the plan has shown already: they are not wished for again. */
const seenActs = () => new Set([...(plan?.seen ?? []), ...parts().filter((part) => part.act && Date.parse(part.end) <= now()).map((part) => part.act)]);

function body(accepts) {
  const fields = form.elements;
  const seen = seenActs();
  const wished = Object.entries(wishes.all()).filter(([act]) => !seen.has(act));
  const rest = fields.break.value ? [{ minutes: Number(fields.break.value), kind: fields.food.checked ? "food" : null }] : [];
  return {
    token: token(), day: fields.day.value, begin: fields.begin.value, end: fields.end.value, origin: fields.origin.value, destination: fields.destination.value || null,
    must_see: wished.filter(([, wish]) => wish === "must").map(([act]) => act), likes: wished.filter(([, wish]) => wish === "like").map(([act]) => act),
    mobility: fields.mobility.value, max_walk_m: fields.walk.value ? Number(fields.walk.value) : null, breaks: rest, follows: fields.follows.checked, friends: friends.requests(seen), accepts,
  };
}

/** Plan again, or take the alternative that was offered. */
async function again(accepts = null) {
  keepForm();
  text(outcome, t("companion_planning"));
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const found = await request("/api/itinerary", body(accepts));
    // Where and when each set was at the time of the plan: a set that was moved before is no news.
    const planned = Object.fromEntries(found.stops.filter((stop) => stop.set).map((stop) => [stop.set, sets().find((one) => one.id === stop.set) ?? {}]));
    const company = { seen: [...seenActs()], wishes: wishes.all(), friends: friends.all().map((one, index) => ({ name: friends.friendName(one, index), wishes: one.wishes })) };
    plan = { ...found, ...company, sets: Object.fromEntries(Object.entries(planned).map(([set, { stage, begin }]) => [set, { stage, begin }])) };
    write("plan", plan);
    const isOther = accepts !== null && found.event_id !== accepts;
    text(outcome, isOther ? t("companion_offer_gone") : plan.unmet.length || !plan.reachable ? t("companion_plan_partial") : t("companion_plan_ready"));
    emit("plan", plan);
    showPlan();
    document.getElementById("stops").scrollIntoView({ block: "nearest" });
  } catch (error) {
    text(outcome, error.message);
  } finally {
    button.disabled = false;
  }
}

export function showPlan() {
  showWishes();
  showForm();
  showResult();
}

/** The plan as a text for friends: times, acts and places. */
const planWords = () => [document.getElementById("together").textContent, ...parts().filter((part) => !part.places).map((part) => `${hour(part.begin)}–${hour(part.end)} ${part.act ? actName(part.act) : t("companion_break")}, ${nameOf(part.place)}`)].filter(Boolean).join("\n");

document.getElementById("share-plan").addEventListener("click", async () => text(outcome, await friends.handOver(planWords())));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!Object.keys(wishes.all()).length && !friends.all().some((one) => Object.keys(one.wishes).length)) {
    text(outcome, t("companion_no_wishes"));
    return;
  }
  again();
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "origin") write("here", target.value);
  keepForm();
});
on("forgotten", () => { plan = null; form.reset(); text(outcome, ""); showPlan(); });
