// A bar on a phone: what to fetch now, and each product's sales and forecast against its stock.

import { live } from "./live.js";
import { age, h, hour, keyed, now, number, state, svg, t, text } from "./page.js";

const $ = (name) => document.getElementById(name);
const STALE = 5 * 60_000; // a forecast comes every minute of the tills' time
let told = state.now;
let connected = false;

const title = (product) => product.title;

function showAge() {
  const old = told.at === null || now() - told.at > STALE || !connected;
  text($("age"), told.at === null ? t("never") : t("data_age", { age: age(told.at) }));
  $("age").className = old ? "bad" : "dim";
}

function byWhen(product) {
  if (product.minutes_to_empty === null) return t("fetch_soon");
  const minutes = Math.round(product.minutes_to_empty);
  return t("fetch_by", { minutes, time: hour(Date.parse(told.time) + minutes * 60_000) });
}

function show() {
  const fetch = told.products.filter((product) => product.fetch > 0)
    .sort((a, b) => (a.minutes_to_empty ?? 1e9) - (b.minutes_to_empty ?? 1e9));
  $("nothing").hidden = fetch.length > 0 || told.at === null;
  keyed($("fetch"), fetch, (product) => product.product, () => h("li", {}, h("strong"), h("span", { class: "when" })), (item, product) => {
    text(item.querySelector("strong"), t("fetch_units", { n: number(product.fetch), product: title(product) }));
    text(item.querySelector(".when"), byWhen(product));
  });
  keyed($("products"), told.products, (product) => product.product, makeProduct, updateProduct);
  showAge();
}

function makeProduct() {
  return h("li", {}, h("h3"), h("div", { class: "facts" }, h("span", { class: "left" }), h("span", { class: "gone dim" }), h("span", { class: "risk" })),
    h("div", { class: "facts" }, h("span", { class: "expected" })),
    svg("svg", { viewBox: "0 0 400 110", preserveAspectRatio: "none", role: "img" }));
}

function updateProduct(item, product) {
  text(item.querySelector("h3"), title(product));
  text(item.querySelector(".left"), product.stock === null ? t("stock_unknown") : t("stock", { n: number(product.stock) }));
  text(item.querySelector(".gone"), t("sold", { n: number(product.sold) }));
  const risk = item.querySelector(".risk");
  text(risk, product.run_out_probability === null ? "" : t("run_out", { n: Math.round(product.run_out_probability * 100) }));
  risk.className = product.run_out_probability >= 0.2 ? "risk bad" : "risk dim";
  const hour = product.horizons.find((one) => one.minutes >= 60) ?? product.horizons.at(-1);
  text(item.querySelector(".expected"), hour ? t("expected", { minutes: hour.minutes, mean: number(hour.mean), low: number(hour.p05), high: number(hour.p95) }) : "");
  curve(item.querySelector("svg"), product);
}

/** Sold so far (left of now) and expected (right of it), both counted from now; the stock is the line it must not cross. */
function curve(picture, product) {
  picture.replaceChildren();
  picture.setAttribute("aria-label", t("curve_of", { product: title(product) }));
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
live([state.channel], { [state.channel]: (news) => { told = news; show(); } });
