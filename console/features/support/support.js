// The support page: clusters of mails that ask the same, and the mails, the urgent first.

import { live } from "../live.js";
import { h, hour, keyed, number, state, svg, t, text } from "../page.js";
import { makeReply, topicName } from "./reply.js";

const $ = (name) => document.getElementById(name);
const form = $("filter");
let desk = state.now;

const query = new URLSearchParams(location.search);
for (const name of ["priority", "q", "cluster"]) form.elements[name].value = query.get(name) ?? "";

function writeFilter() {
  const filled = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", filled.size ? `?${filled}` : location.pathname);
  show();
}
form.addEventListener("input", writeFilter);
form.addEventListener("submit", (event) => { event.preventDefault(); writeFilter(); });

function passes(mail) {
  const { priority, q, cluster } = Object.fromEntries(new FormData(form));
  if (priority && mail.priority !== priority) return false;
  if (cluster && mail.cluster !== cluster) return false;
  const content = [mail.summary, mail.cluster_label, mail.topic?.name ?? "", topicName(mail.topic?.name ?? "")].join("\n").toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => content.includes(word));
}

function makeCluster(cluster) {
  const button = h("button", { type: "button" }, t("only_cluster"));
  button.addEventListener("click", () => {
    const field = form.elements.cluster;
    field.value = field.value === cluster.id ? "" : cluster.id;
    writeFilter();
  });
  return h("li", {}, h("h2"), h("div", { class: "facts" }, h("span", { class: "size" }), h("span", { class: "surge" }), h("span", { class: "asks dim" }), h("span", { class: "words dim" })),
    svg("svg", { viewBox: "0 0 120 20", preserveAspectRatio: "none", role: "img" }),
    h("div", { class: "axis dim" }, h("span"), h("span")), h("details", {}, h("summary", {}, t("examples")), h("ul", { class: "examples" })), button);
}

function updateCluster(item, cluster) {
  item.className = cluster.surge >= 4 ? "surging" : "";
  text(item.querySelector("h2"), cluster.label || t("cluster_other"));
  text(item.querySelector(".size"), t("cluster_size", { n: number(cluster.size) }));
  text(item.querySelector(".surge"), cluster.surge >= 2 ? t("cluster_surge", { n: number(cluster.surge) }) : "");
  item.querySelector("button").setAttribute("aria-pressed", String(form.elements.cluster.value === cluster.id));
  const picture = item.querySelector("svg");
  picture.setAttribute("aria-label", t("trend", { counts: cluster.trend.join(", ") }));
  for (const [at, when] of [cluster.begin, cluster.end].entries()) text(item.querySelectorAll(".axis span")[at], hour(when));
  text(item.querySelector(".asks"), cluster.topics.map(topicName).join(", "));
  text(item.querySelector(".words"), cluster.words.join(" · "));
  const largest = Math.max(...cluster.trend, 1);
  picture.replaceChildren(...cluster.trend.map((count, at) => svg("rect", { x: at * 10 + 1, width: 8, y: 20 - (count / largest) * 19, height: (count / largest) * 19 })));
  keyed(item.querySelector(".examples"), cluster.examples, (example) => example.time + example.summary,
    (example) => h("li", { class: "plain" }, `${hour(example.time)} ${example.summary}`), () => {});
}

function updateMail(item, mail) {
  item.className = mail.priority;
  text(item.querySelector(".priority"), t(`priority_${mail.priority}`));
  text(item.querySelector("time"), hour(mail.time));
  text(item.querySelector(".topic"), [mail.topic?.name, mail.second_topic?.name].filter(Boolean).map(topicName).join(" + "));
  text(item.querySelector(".cluster"), mail.cluster_label);
  text(item.querySelector(".language"), mail.language);
  text(item.querySelector(".sentiment"), mail.sentiment ? t(`sentiment_${mail.sentiment}`) : "");
  text(item.querySelector(".answered"), mail.set_aside ? t(`set_aside_${mail.set_aside}`) : mail.suggestion ? t("has_suggestion") : "");
  text(item.querySelector(".summary"), mail.summary);
}

const SUMMARY_FIELDS = ["priority", "time", "topic", "cluster", "language", "sentiment", "answered"];

function makeMail(mail) {
  const row = h("details", {}, h("summary", {}, h("span", { class: "facts" }, ...SUMMARY_FIELDS.map((name) => (name === "time" ? h("time") : h("span", { class: name })))), h("span", { class: "summary" })));
  // The body is made when the row is opened: there may be a hundred mails.
  row.addEventListener("toggle", () => row.open && row.children.length === 1 && row.append(makeReply(mail, () => desk.answers)));
  return h("li", {}, row);
}

function show() {
  const mails = desk.mails.filter(passes);
  keyed($("clusters"), desk.clusters, (cluster) => cluster.id, makeCluster, updateCluster);
  text($("alone"), desk.alone ? t("alone", { n: number(desk.alone) }) : "");
  keyed($("mails"), mails, (mail) => mail.message, makeMail, updateMail);
  text($("number"), String(mails.length));
  $("empty").hidden = desk.mails.length > 0;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
  if (event.key === "Escape") event.target.closest("#mails details")?.querySelector("summary").focus();
  if (event.target.closest("input, select, textarea")) return;
  const rows = [...$("mails").children];
  const at = rows.indexOf(event.target.closest("#mails > li"));
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") rows[Math.min(rows.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)))]?.querySelector("summary").focus();
  else if (key === "/") form.elements.q.focus();
  else return;
  event.preventDefault();
});

show();
live([state.channel], { [state.channel]: (update) => { desk = update; show(); } });
