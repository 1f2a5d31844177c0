// A bar on a phone: products to fetch now, and each product's sales and forecast against its stock.

import { live } from "../live.js";
import { keepData, keepPage, newest } from "../offline.js";
import { Outbox } from "../outbox.js";
import { age, emit, h, hour, keyed, now, number, state, svg, t, text } from "../page.js";

const $ = (name) => document.getElementById(name);
const STALE_MS = 5 * 60_000; // a forecast comes every minute of the tills' time
const SHOWN_RISK = 0.2;
const KEPT = `last:${state.channel}`;
let bar = newest(KEPT, state.name, state.now);
let connected = false;

const outbox = new Outbox(`/api/bar/${state.channel.slice(4)}/stock`, `presses:${state.channel}`, state.name, showReports);

/** Report a stock movement. */
function report(kind, name, quantity, other = null) {
  const product = bar.products.find((one) => one.product === name);
  outbox.add({ product: name, kind, quantity, other }, `${t(`press_${kind}`)}: ${number(quantity)} ${product?.title ?? name}${kind === "transfer" ? ` → ${other}` : ""}`);
}

/** Reports that wait for the server, and the last one that it has. */
function showReports() {
  keyed($("presses"), outbox.shown(), (one) => one.id, (one) => h("li", {}, h("span"), h("button", { type: "button", hidden: true, onclick: () => outbox.remove(one.id) }, t("press_dismiss"))), (item, one) => {
    item.className = one.state;
    text(item.querySelector("span"), t(`press_${one.state}`, { what: one.what, why: one.why ?? "" }));
    item.querySelector("button").hidden = one.state !== "refused";
  });
}

function showAge() {
  const stale = bar.at === null || bar.silent || now() - bar.at > STALE_MS || !connected;
  const since = bar.at === null ? t("never") : t("data_age", { age: age(bar.at) });
  text($("age"), bar.silent ? `${t("tills_silent")} ${since}` : since);
  $("age").className = stale ? "bad" : "dim";
}

/** Time by which a product must be fetched, in words. */
function deadline(product) {
  if (product.along) return t("fetch_along");
  if (product.fetch_by) {
    const minutes = Math.max(0, Math.round((Date.parse(product.fetch_by) - Date.parse(bar.time)) / 60_000));
    return minutes ? t("fetch_by", { minutes, time: hour(product.fetch_by) }) : t("fetch_soon");
  }
  if (product.minutes_to_empty === null) return t("fetch_soon");
  const minutes = Math.round(product.minutes_to_empty);
  return t("fetch_by", { minutes, time: hour(Date.parse(bar.time) + minutes * 60_000) });
}

function show() {
  const fetch = bar.products.filter((product) => product.fetch > 0)
    .sort((a, b) => (a.minutes_to_empty ?? 1e9) - (b.minutes_to_empty ?? 1e9));
  $("nothing").hidden = fetch.length > 0 || bar.at === null;
  keyed($("fetch"), fetch, (product) => product.product, makeFetch, (item, product) => {
    const packages = product.package ? Math.ceil(product.fetch / product.package) : 0;
    text(item.querySelector("strong"), t(packages ? "fetch_units_packages" : "fetch_units", { n: number(product.fetch), product: product.title, packages, package: product.package }));
    text(item.querySelector(".when"), [otherBar(product) && t("fetch_from", { bar: product.fetch_from }), deadline(product)].filter(Boolean).join(", "));
    text(item.querySelector(".coming"), product.coming ? t("coming", { n: number(product.coming) }) : "");
  });
  keyed($("products"), bar.products, (product) => product.product, makeProduct, updateProduct);
  showAge();
  emit("bar", { bar });
}

const otherBar = (product) => (product.fetch_from && product.fetch_from !== "store" ? product.fetch_from : null);
const current = (name) => bar.products.find((one) => one.product === name);

function makeFetch({ product: name }) {
  const button = (kind) => h("button", { type: "button", class: kind === "on-its-way" ? "main" : "", onclick: () => { const one = current(name); report(kind, name, kind === "delivery" && one.coming ? one.coming : one.fetch, otherBar(one)); } }, t(`press_${kind}`));
  return h("li", {}, h("strong"), h("span", { class: "when" }), " ", h("span", { class: "coming" }), h("div", { class: "presses" }, button("on-its-way"), button("delivery")));
}

function makeProduct(product) {
  const name = product.product;
  const field = h("input", { type: "number", min: 0, max: 100000, step: "any", inputmode: "decimal", placeholder: "0", required: true, "aria-label": t("press_count_of", { product: product.title }) });
  const counted = h("form", { class: "presses" }, field, h("button", {}, t("press_count")));
  const reportField = (kind, other = null) => {
    if (!field.reportValidity()) return;
    report(kind, name, field.valueAsNumber, other);
    field.value = "";
  };
  counted.addEventListener("submit", (event) => { event.preventDefault(); reportField("count"); });
  const others = h("select", { "aria-label": t("press_transfer_to") }, ...product.others.map((other) => h("option", { value: other }, `${t("bar")} ${other}`)));
  const more = h("details", {}, h("summary", {}, t("press_more")), h("div", { class: "presses" },
    h("button", { type: "button", "data-press": "waste", onclick: () => reportField("waste") }, t("press_waste")),
    product.others.length ? [h("button", { type: "button", "data-press": "transfer", onclick: () => reportField("transfer", others.value) }, t("press_transfer")), others] : null));
  const delivered = h("button", { type: "button", class: "delivered", hidden: true, onclick: () => report("delivery", name, current(name).coming, otherBar(current(name))) }, t("press_delivery"));
  return h("li", {}, h("h3"), h("div", { class: "facts" }, h("span", { class: "left" }), h("span", { class: "gone dim" }), h("span", { class: "coming" }), h("span", { class: "risk" })),
    h("div", { class: "facts" }, h("span", { class: "expected" }), h("span", { class: "oversold bad" })),
    svg("svg", { viewBox: "0 0 400 110", preserveAspectRatio: "none", role: "img" }), delivered, product.mixed ? null : counted, product.mixed ? null : more);
}

function updateProduct(item, product) {
  text(item.querySelector("h3"), product.title);
  text(item.querySelector(".left"), product.stock === null ? t("stock_unknown") : t("stock", { n: number(product.stock) }));
  text(item.querySelector(".gone"), t("sold", { n: number(product.sold) }));
  text(item.querySelector(".coming"), product.coming ? t("coming", { n: number(product.coming) }) : "");
  text(item.querySelector(".oversold"), product.oversold ? t("count_it") : "");
  item.querySelector(".delivered").hidden = !product.coming || product.fetch > 0;
  const risk = item.querySelector(".risk");
  text(risk, product.run_out_probability === null ? "" : t("run_out", { n: Math.round(product.run_out_probability * 100) }));
  risk.className = product.run_out_probability >= SHOWN_RISK ? "risk bad" : "risk dim";
  const nextHour = product.horizons.find((one) => one.minutes >= 60) ?? product.horizons.at(-1);
  text(item.querySelector(".expected"), nextHour ? t("expected", { minutes: nextHour.minutes, mean: number(nextHour.mean), low: number(nextHour.p05), high: number(nextHour.p95) }) : "");
  drawCurve(item.querySelector("svg"), product);
}

/** Draw the units sold (left of now) and expected (right of it), both counted from now; the stock is the line they must not cross. */
function drawCurve(picture, product) {
  picture.replaceChildren();
  picture.setAttribute("aria-label", t("curve_of", { product: product.title }));
  const ahead = [{ minutes: 0, mean: 0, p05: 0, p95: 0 }, ...product.horizons];
  const last = ahead.at(-1).minutes || 60;
  const first = Math.min(-30, ...product.past.map(([minutes]) => minutes));
  const top = Math.max(product.stock ?? 0, ...ahead.map((one) => one.p95), 1) * 1.05;
  const bottom = Math.min(-1, ...product.past.map(([, sold]) => sold));
  const x = (minutes) => ((minutes - first) / (last - first)) * 400;
  const y = (units) => 105 - ((units - bottom) / (top - bottom)) * 100;
  const line = (points) => points.map(([minutes, units]) => `${x(minutes).toFixed(1)},${y(units).toFixed(1)}`).join(" ");
  const band = [...ahead.map((one) => [one.minutes, one.p05]), ...ahead.map((one) => [one.minutes, one.p95]).reverse()];
  picture.append(
    svg("polygon", { class: "band", points: line(band) }),
    svg("line", { class: "now", x1: x(0), x2: x(0), y1: 0, y2: 110 }),
    svg("polyline", { class: "mean", points: line(ahead.map((one) => [one.minutes, one.mean])) }),
    svg("polyline", { class: "sold", points: line(product.past) }),
  );
  if (product.stock !== null) picture.append(svg("line", { class: "stock", x1: x(0), x2: 400, y1: y(product.stock), y2: y(product.stock) }));
}

document.addEventListener("connection", (event) => { connected = event.detail; showAge(); });
setInterval(showAge, 2_000);
show();
live([state.channel], { [state.channel]: (update) => { bar = update; keepData(KEPT, state.name, update); show(); } });
keepPage("/bar/service_worker.js");
