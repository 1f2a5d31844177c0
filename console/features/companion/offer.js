// An alternative that the planner offers when a change touches the plan. The plan stays until this person takes it.

import { nameOf } from "./places.js";
import { actName, sets } from "./programme.js";
import { read, request, token, write } from "./store.js";
import { h, hour, on, t } from "../page.js";

const MAX_TRIES = 6; // a minute of polls: an alternative is there within seconds, or there is none
let offer = read("offer"); // {plan, dismissed}
let asked = { why: "", tries: 0 };

function keep(found) {
  offer = found;
  write("offer", offer);
}

/** True if every set of an alternative is still where and when it has it: another change may have touched it, too. */
const holds = (found) => found.stops.every((stop) => {
  const set = stop.set ? sets().find((one) => one.id === stop.set) : null;
  return !stop.set || (set && set.status !== "cancelled" && set.stage === stop.place && Date.parse(set.begin) <= Date.parse(stop.begin) && Date.parse(stop.end) <= Date.parse(set.end));
});

/** The alternative for a plan, unless this person keeps the plan. */
export const offerFor = (plan) => (offer && plan && offer.plan.replaces === plan.event_id && !offer.dismissed && holds(offer.plan) ? offer.plan : null);

/** Ask for the alternative to a plan that was touched; returns true if there is a new one. */
export async function ask(plan, why) {
  if (asked.why !== why) asked = { why, tries: 0 };
  const known = offer?.plan.replaces === plan.event_id ? offer : null;
  if (asked.tries >= MAX_TRIES || (known && holds(known.plan))) return false;
  asked.tries += 1;
  try {
    const { offer: found } = await request("/api/itinerary/offer", { token: token(), plan: plan.event_id });
    if (!found || found.event_id === known?.plan.event_id) return false;
    keep({ plan: found, dismissed: false });
    return true;
  } catch {
    return false; // asked again with the next poll
  }
}

/** What an alternative has, and the two answers to it. */
export function offerCard(found, unmetText, take, dismissed) {
  const stops = found.stops.map((stop) => h("li", {}, `${hour(stop.begin)}–${hour(stop.end)} ${stop.act ? actName(stop.act) : t("companion_break")}, ${nameOf(stop.place)}`));
  return h("div", { class: "offer" }, h("h2", {}, t("companion_offer")), h("ol", {}, stops), found.stops.length ? null : h("p", {}, t("companion_offer_empty")), found.unmet.map((one) => h("p", {}, unmetText(one))),
    h("p", { class: "row" }, h("button", { type: "button", class: "main take", onclick: () => take(found.event_id) }, t("companion_offer_take")),
      h("button", { type: "button", class: "keep", onclick: () => { keep({ ...offer, dismissed: true }); dismissed(); } }, t("companion_offer_keep"))));
}

on("forgotten", () => { offer = null; asked = { why: "", tries: 0 }; });
