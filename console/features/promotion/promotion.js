// Campaigns for production: variants of a message, who approved them, and what came of showing them.

import { live, newId, send } from "../live.js";
import { h, keyed, number, state, svg, t, text } from "../page.js";

const $ = (name) => document.getElementById(name);
const BAR = { width: 400, height: 18 };
const ID = /^[A-Za-z0-9-]{8,80}$/; // a campaign that another program named differently is only looked at
const percent = (share) => new Intl.NumberFormat(state.words.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share);
const moment = (time) => new Intl.DateTimeFormat(state.words.locale, { timeZone: state.timezone, dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
const say = (words, kind) => { text($("answer"), words); $("answer").className = kind; };

/** Send an action, and say what came of it; returns true if it was taken. */
async function act(body, done) {
  try {
    await send("/api/promotion/actions", { id: newId(), ...body });
    say(t(done), "good");
    return true;
  } catch (error) {
    say(error.message, "bad");
    return false;
  }
}

/** Store a picture and return its name; null without one. */
async function keepPicture(file) {
  if (!file) return null;
  const answer = await fetch(state.paths.pictures, { method: "POST", headers: { accept: "application/json", "X-Pulso-CSRF": state.csrf }, body: file });
  if (answer.status === 413) throw new Error(t("promotion_picture_long"));
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(read.detail ?? String(answer.status));
  return read.picture;
}

async function addVariant(campaign, form) {
  const { es, en, picture, picture_es, picture_en } = form.elements;
  const [file] = picture.files;
  if (file && !(picture_es.value.trim() && picture_en.value.trim())) return say(t("promotion_picture_words"), "bad");
  try {
    const variant = { es: es.value, en: en.value, picture: await keepPicture(file), picture_es: picture_es.value, picture_en: picture_en.value };
    if (await act({ kind: "add", campaign, variant }, "promotion_done_add")) form.reset();
  } catch (error) {
    say(error.message, "bad");
  }
}

const interval = (one) => t("promotion_interval", { rate: percent(one.rate), low: percent(one.low), high: percent(one.high) });

/** A rate with its interval on a scale, and the rate of uniform choices as a mark. */
function bar(one, uniform, most) {
  const at = (share) => (Math.min(share, most) / most) * BAR.width;
  return svg("svg", { class: "bar", viewBox: `0 0 ${BAR.width} ${BAR.height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: BAR.width, height: BAR.height }),
    svg("rect", { class: "range", x: at(one.low), width: Math.max(2, at(one.high) - at(one.low)), height: BAR.height }),
    svg("rect", { class: "value", x: Math.min(BAR.width - 4, at(one.rate)), width: 4, height: BAR.height }),
    uniform ? svg("rect", { class: "uniform", x: Math.min(BAR.width - 2, at(uniform.rate)), width: 2, height: BAR.height }) : null);
}

function makeVariant(campaign, variant) {
  const press = (kind) => h("button", { type: "button", class: kind === "approve" ? "main" : "", "data-kind": kind, "aria-label": `${t(`promotion_${kind}`)}: ${variant[state.language] ?? variant.en}`, onclick: () => act({ kind, campaign, variant_id: variant.id }, `promotion_done_${kind}`) }, t(`promotion_${kind}`));
  const picture = variant.picture ? h("img", { src: state.paths.picture + variant.picture, alt: variant[`picture_${state.language}`] ?? variant.picture_en, loading: "lazy" }) : null;
  return h("li", {}, h("p", { class: "status" }), picture, h("p", { lang: "es" }, variant.es), h("p", { lang: "en" }, variant.en),
    h("p", { class: "who dim" }), h("p", { class: "shown" }), h("p", { class: "everybody" }), h("div", { class: "scale" }), h("p", { class: "presses" }, press("approve"), press("withdraw")));
}

function updateVariant(item, variant, campaign) {
  const result = campaign.results.find((one) => one.variant === variant.id), over = Boolean(campaign.ended_at);
  item.className = variant.status;
  text(item.querySelector(".status"), t(`promotion_status_${variant.status}`));
  const made = t("promotion_made", { who: variant.made_by, time: moment(variant.made_at) });
  text(item.querySelector(".who"), variant.approved_by ? `${made} · ${t("promotion_approved", { who: variant.approved_by, time: moment(variant.approved_at) })}` : made);
  text(item.querySelector(".shown"), result?.rate ? t("promotion_shown", { shown: number(result.shown), responses: number(result.responses), rate: interval(result.rate) }) : variant.approved_by ? t("promotion_not_shown") : "");
  text(item.querySelector(".everybody"), result?.to_everybody ? t("promotion_everybody", { rate: interval(result.to_everybody) }) : "");
  const most = Math.max(0.01, ...campaign.results.map((one) => one.to_everybody?.high ?? 0));
  item.querySelector(".scale").replaceChildren(...(result?.to_everybody ? [bar(result.to_everybody, campaign.uniform, most)] : []));
  item.querySelector('[data-kind="approve"]').hidden = over || variant.status !== "proposed" || !ID.test(campaign.campaign);
  item.querySelector('[data-kind="withdraw"]').hidden = over || variant.status === "withdrawn" || !ID.test(campaign.campaign);
}

function makeCampaign({ campaign }) {
  const field = (name, most, needed) => h("label", {}, t(`promotion_${name}`), h("input", { name, maxlength: most, required: needed, lang: name.slice(-2) }));
  const form = h("form", { class: "add" }, field("es", 280, true), field("en", 280, true), h("label", {}, t("promotion_picture"), h("input", { type: "file", name: "picture", accept: "image/jpeg,image/png,image/webp" })), field("picture_es", 200, false), field("picture_en", 200, false), h("p", {}, h("button", {}, t("promotion_add"))));
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault();
    addVariant(campaign, form);
  });
  return h("section", { class: "campaign" }, h("h2"), h("p", { class: "made" }), h("p", { class: "sums" }), h("ul", { class: "variants" }), h("p", { class: "key dim" }, t("promotion_key")),
    h("details", { class: "tastes" }, h("summary", {}, t("promotion_by_taste")), h("div", { class: "by-taste", tabindex: 0, role: "region", "aria-label": t("promotion_by_taste") }, h("table"))),
    h("details", { class: "adding" }, h("summary", {}, t("promotion_add_variant")), form),
    h("p", { class: "presses ending" }, h("button", { type: "button", onclick: () => { if (confirm(t("promotion_end_sure"))) act({ kind: "end", campaign }, "promotion_done_end"); } }, t("promotion_end"))));
}

/** The gain of choices over chance is told only where their intervals are apart. */
function sums({ rate, uniform }) {
  if (!rate || !uniform) return t("promotion_no_showing");
  const told = t("promotion_sums", { shown: number(rate.effective), rate: interval(rate), uniform: interval(uniform) });
  return `${told} ${t(rate.low > uniform.high ? "promotion_better" : rate.high < uniform.low ? "promotion_worse" : "promotion_unclear")}`;
}

function tasteTable(campaign) {
  const tastes = [...new Set(campaign.counts.map((one) => one.taste))].sort();
  const shown = campaign.variants.filter((one) => one.approved_by);
  const name = (one) => (one[state.language] ?? one.en).slice(0, 30);
  const cell = (variant, taste) => {
    const one = campaign.counts.find((known) => known.variant === variant.id && known.taste === taste);
    return h("td", {}, one ? t("promotion_cell", { responses: number(one.responses), shown: number(one.shown) }) : "–");
  };
  return [h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("promotion_taste")), shown.map((one) => h("th", { scope: "col" }, name(one))))),
    h("tbody", {}, tastes.map((taste) => h("tr", {}, h("th", { scope: "row" }, taste || t("promotion_no_taste")), shown.map((one) => cell(one, taste)))))];
}

function updateCampaign(section, campaign) {
  const over = Boolean(campaign.ended_at), mine = ID.test(campaign.campaign);
  section.classList.toggle("over", over);
  text(section.querySelector("h2"), campaign.title);
  const begun = t("promotion_begun", { who: campaign.begun_by, time: moment(campaign.begun_at) });
  text(section.querySelector(".made"), over ? `${begun} · ${t("promotion_ended", { time: moment(campaign.ended_at) })}` : begun);
  text(section.querySelector(".sums"), sums(campaign));
  keyed(section.querySelector(".variants"), campaign.variants, (one) => one.id, (one) => makeVariant(campaign.campaign, one), (item, one) => updateVariant(item, one, campaign));
  section.querySelector(".key").hidden = !campaign.uniform;
  section.querySelector(".tastes").hidden = !campaign.counts.length;
  section.querySelector("table").replaceChildren(...tasteTable(campaign));
  section.querySelector(".adding").hidden = over || !mine;
  section.querySelector(".ending").hidden = over || !mine;
}

function show({ campaigns }) {
  $("none").hidden = campaigns.length > 0;
  const whole = campaigns.map((one) => ({ variants: [], counts: [], results: [], ...one }));
  keyed($("campaigns"), whole, (one) => one.campaign, makeCampaign, updateCampaign);
}

$("begin").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const { title } = submitted.target.elements;
  if (await act({ kind: "begin", title: title.value }, "promotion_done_begin")) title.value = "";
});
show(state.now);
live([state.channel], { [state.channel]: show });
