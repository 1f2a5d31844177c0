// Ticket sales for production: sold, expected, prices to approve, and marks of what may move sales.

import { live, newId, send } from "../live.js";
import { age, h, keyed, number, state, svg, t, text } from "../page.js";
import { drawChart, makeChart } from "./sales_chart.js";

const $ = (name) => document.getElementById(name);
const MARK_KINDS = ["announcement", "price_phase", "weather", "other"];
let events = state.now.events;

const money = (cents, currency) => new Intl.NumberFormat(state.words.locale, { style: "currency", currency }).format(cents / 100);
const percent = (share) => new Intl.NumberFormat(state.words.locale, { style: "percent" }).format(share);
const dateOf = (day) => new Intl.DateTimeFormat(state.words.locale, { timeZone: "UTC", dateStyle: "medium" }).format(new Date(day));
const moment = (time) => new Intl.DateTimeFormat(state.words.locale, { timeZone: state.timezone, dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
const current = (id) => events.find((one) => one.id === id);
const currentType = (event, id) => current(event)?.types.find((one) => one.id === id);

/** Send a change, and say what came of it. */
async function change(path, body, done) {
  try {
    await send(path, { id: newId(), ...body });
    text($("answer"), t(done));
    $("answer").className = "good";
  } catch (error) {
    text($("answer"), error.message);
    $("answer").className = "bad";
  }
}

const fact = (name) => h("div", { class: name }, h("dt", {}, t(`tickets_${name}`)), h("dd"));

function sample(kind) {
  const shape = kind === "band" ? svg("rect", { class: "band", width: 28, height: 12 }) : svg("line", { class: kind, x1: 0, x2: 28, y1: 6, y2: 6 });
  return h("span", { class: "chart" }, svg("svg", { viewBox: "0 0 28 12", "aria-hidden": "true" }, shape), t(`tickets_legend_${kind}`));
}

function makeType(event, type) {
  const decide = (decision) => h("button", { type: "button", class: decision === "approve" ? "main" : "", onclick: () => {
    const proposal = currentType(event, type.id)?.price?.proposal;
    if (proposal) change("/api/tickets/prices", { event, type: type.id, proposal: proposal.id, decision }, `tickets_done_${decision}`);
  } }, t(`tickets_${decision}`));
  const capacity = h("input", { type: "number", min: 1, max: 1000000, step: 1, oninput: () => whatIf(item, currentType(event, type.id)?.sales) });
  const item = h("li", {}, h("h3"), h("p", { class: "lacking", hidden: true }),
    h("dl", { class: "facts" }, fact("sold"), fact("final"), fact("sell_out"), fact("pace"), fact("price")),
    h("div", { class: "proposal", hidden: true }, h("p"), h("div", { class: "presses" }, decide("approve"), decide("decline"))),
    h("div", { class: "drawing" }, makeChart(), h("p", { class: "legend dim" }, ["sold", "expected", "band", "capacity", "mark"].map(sample))),
    h("p", { class: "what-if" }, h("label", {}, t("tickets_what_if"), capacity), " ", h("output")),
    h("details", { class: "options", hidden: true }, h("summary", {}, t("tickets_options")), h("p", { class: "dim" }, t("tickets_options_note")),
      h("table", {}, h("thead", {}, h("tr", {}, ["price", "final", "revenue", "change"].map((one) => h("th", { scope: "col" }, t(`tickets_option_${one}`))), h("td"))), h("tbody"))),
    h("p", { class: "age dim" }));
  return item;
}

/** Expected sales and chance to sell out with another number of tickets, from the quantiles of demand. */
function whatIf(item, sales) {
  const demand = sales?.demand ?? [], tickets = item.querySelector(".what-if input").valueAsNumber;
  item.querySelector(".what-if").hidden = demand.length === 0;
  if (!demand.length || !(tickets > 0)) return text(item.querySelector(".what-if output"), "");
  const expected = demand.reduce((sum, one) => sum + Math.min(one, tickets), 0) / demand.length;
  const full = (demand.filter((one) => one >= tickets).length + 0.5) / (demand.length + 1); // never sure
  text(item.querySelector(".what-if output"), t("tickets_what_if_answer", { n: number(expected), chance: percent(full) }));
}

function fill(item, name, value, small = "") {
  const place = item.querySelector(`.${name}`);
  place.hidden = value === null;
  if (value !== null) place.querySelector("dd").replaceChildren(value, h("small", {}, small && ` ${small}`));
}

function sellOut(forecast, date) {
  if (forecast?.sell_out_chance === null || forecast?.sell_out_chance === undefined) return [null, ""];
  const day = forecast.sell_out_days_before === null ? "" : t("tickets_around", { day: dateOf(Date.parse(date) - forecast.sell_out_days_before * 86_400_000) });
  return [percent(forecast.sell_out_chance), day];
}

function updateType(item, type, event) {
  const { sales, price } = type, forecast = sales?.forecast;
  text(item.querySelector("h3"), type.title);
  const lacking = item.querySelector(".lacking");
  lacking.hidden = Boolean(forecast);
  text(lacking, t(`tickets_lacking_${sales?.lacking ?? "no_orders"}`));
  fill(item, "sold", sales ? number(sales.sold) : null, sales?.capacity ? t("tickets_of", { n: number(sales.capacity) }) : "");
  fill(item, "final", forecast ? number(forecast.final) : null, forecast ? t("tickets_interval", { low: number(forecast.low), high: number(forecast.high), events: forecast.like_events }) : "");
  fill(item, "sell_out", ...sellOut(forecast, sales?.date));
  fill(item, "pace", forecast && forecast.pace !== null ? `× ${number(forecast.pace, 2)}` : null, t("tickets_pace_usual"));
  showPrice(item, price);
  item.querySelector(".drawing").hidden = !sales || !(sales.curve.length || sales.course.length);
  if (!item.querySelector(".drawing").hidden) drawChart(item.querySelector(".drawing > div"), type.title, sales, event.marks);
  const capacity = item.querySelector(".what-if input");
  if (sales?.capacity) capacity.placeholder = number(sales.capacity);
  whatIf(item, sales);
  showOptions(item, type);
  text(item.querySelector(".age"), type.at === null ? t("never") : t("data_age", { age: age(type.at) }));
}

/** What each declared price would bring from now on. */
function showOptions(item, { options, price, sales }) {
  item.querySelector(".options").hidden = !options.length;
  if (!options.length) return;
  const past = price.steps.filter((step) => Date.parse(step.begin) <= Date.now());
  const valid = past.at(-1) ?? price.steps[0], present = options.find((one) => one.cents === valid.cents);
  keyed(item.querySelector(".options tbody"), options, (one) => one.cents,
    () => h("tr", {}, h("th", { scope: "row" }), h("td"), h("td"), h("td"), h("td")),
    (row, one) => {
      const change = present ? one.revenue_cents - present.revenue_cents : 0;
      const state = one === present ? t("tickets_option_present") : one.problem ?? t("tickets_option_possible");
      const cells = [money(one.cents, price.currency), number(one.expected_final), money(one.revenue_cents, price.currency), `${change > 0 ? "+" : ""}${money(change, price.currency)}`, state];
      [...row.children].forEach((cell, at) => text(cell, cells[at]));
    });
  text(item.querySelector(".options summary"), sales?.forecast ? `${t("tickets_options")} (${number(options.length)})` : t("tickets_options"));
}

function showPrice(item, price) {
  const now = Date.now(), past = price?.steps.filter((step) => Date.parse(step.begin) <= now) ?? [];
  const valid = past.at(-1) ?? price?.steps[0], ahead = price?.steps.find((step) => Date.parse(step.begin) > now);
  fill(item, "price", valid ? money(valid.cents, price.currency) : null, ahead && ahead !== valid ? t("tickets_announced", { price: money(ahead.cents, price.currency), time: moment(ahead.begin) }) : "");
  const box = item.querySelector(".proposal"), proposal = price?.proposal;
  box.hidden = !proposal;
  if (proposal) text(box.querySelector("p"), t("tickets_proposal", {
    price: money(proposal.cents, price.currency), reason: t(`tickets_reason_${proposal.reason}`),
    n: number(proposal.expected_final), gain: money(proposal.gain_cents, price.currency),
  }));
}

/** People who are expected at once, by the share of an event that is over; null without one. */
function expectedPeople(event) {
  const sales = event.types.map((type) => type.sales).filter((one) => one?.gates);
  if (!sales.length) return null;
  const { gates } = sales[0], peaks = sales.map((one) => one.expected_peak ?? null);
  const words = { event: gates.event, entered: number(gates.entered), sold: number(gates.sold), absent: percent(Math.max(0, 1 - gates.entered / gates.sold)), peak: number(gates.peak) };
  const known = t("tickets_gates", words);
  return peaks.includes(null) ? known : `${known} ${t("tickets_expected_peak", { n: number(peaks.reduce((sum, one) => sum + one, 0)) })}`;
}

function makeEvent(event) {
  const kind = h("select", { name: "kind" }, MARK_KINDS.map((one) => h("option", { value: one }, t(`tickets_mark_${one}`))));
  const day = h("input", { type: "date", name: "day", required: true });
  const words = h("input", { type: "text", name: "text", maxlength: 120 });
  const form = h("form", { class: "presses" }, h("label", {}, t("tickets_mark_kind"), kind), h("label", {}, t("tickets_mark_day"), day), h("label", {}, t("tickets_mark_text"), words), h("button", {}, t("tickets_mark_add")));
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    change("/api/tickets/marks", { event: event.id, kind: kind.value, day: day.value, text: words.value }, "tickets_done_mark");
    words.value = "";
  });
  return h("section", { class: "event" }, h("h2"), h("p", { class: "gates" }), h("ul", { class: "types" }), h("h3", {}, t("tickets_marks")), h("p", { class: "dim" }, t("tickets_marks_note")), h("ul", { class: "marks" }), form);
}

function markText(mark) {
  const effect = mark.before_per_day === null || mark.after_per_day === null ? t("tickets_mark_unknown")
    : t("tickets_mark_effect", { before: number(mark.before_per_day, 1), after: number(mark.after_per_day, 1) });
  return [`${dateOf(mark.day)}: ${t(`tickets_mark_${mark.kind}`)}`, mark.text, effect].filter(Boolean).join(" · ");
}

function updateEvent(section, event) {
  const heading = section.querySelector("h2");
  heading.replaceChildren(event.title, h("span", { class: "when" }, [event.date && dateOf(event.date), event.days_before > 0 && t("tickets_days", { n: number(event.days_before) })].filter(Boolean).join(" · ")));
  text(section.querySelector(".gates"), expectedPeople(event) ?? "");
  keyed(section.querySelector(".types"), event.types, (type) => type.id, (type) => makeType(event.id, type), (item, type) => updateType(item, type, event));
  keyed(section.querySelector(".marks"), event.marks, (mark) => mark.id, (mark) => h("li", {}, h("span"), h("button", { type: "button", "aria-label": `${t("tickets_mark_remove")}: ${mark.day} ${mark.text ?? ""}`, onclick: () => change("/api/tickets/marks", { event: event.id, mark: mark.id }, "tickets_done_mark") }, t("tickets_mark_remove"))),
    (item, mark) => text(item.querySelector("span"), markText({ before_per_day: null, after_per_day: null, ...mark })));
}

function show() {
  $("none").hidden = events.length > 0;
  keyed($("events"), events, (event) => event.id, makeEvent, updateEvent);
}

show();
setInterval(show, 60_000);
addEventListener("resize", show);
live([state.channel], { [state.channel]: (update) => { events = update.events; show(); } });
