// The support desk: what people ask, grouped, and their mails, the urgent first.

import { live } from "./live.js";
import { h, hour, keyed, number, state, svg, t, text } from "./page.js";

const $ = (name) => document.getElementById(name);
const form = $("filter");
let told = state.now;

const asked = new URLSearchParams(location.search);
for (const name of ["priority", "q", "cluster"]) form.elements[name].value = asked.get(name) ?? "";

function write() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  show();
}
form.addEventListener("input", write);
form.addEventListener("submit", (event) => { event.preventDefault(); write(); });

function passes(mail) {
  const { priority, q, cluster } = Object.fromEntries(new FormData(form));
  if (priority && mail.priority !== priority) return false;
  if (cluster && mail.cluster !== cluster) return false;
  const content = [mail.summary, mail.cluster_label, mail.topic?.name ?? ""].join("\n").toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => content.includes(word));
}

function makeCluster(cluster) {
  const button = h("button", { type: "button" }, t("only_cluster"));
  button.addEventListener("click", () => {
    const field = form.elements.cluster;
    field.value = field.value === cluster.id ? "" : cluster.id;
    write();
  });
  return h("li", {}, h("h2"), h("div", { class: "facts" }, h("span", { class: "size" }), h("span", { class: "surge" })),
    svg("svg", { viewBox: "0 0 120 20", preserveAspectRatio: "none", role: "img" }),
    h("details", {}, h("summary", {}, t("examples")), h("ul", { class: "examples" })), button);
}

function updateCluster(item, cluster) {
  item.className = cluster.surge >= 4 ? "surging" : "";
  text(item.querySelector("h2"), cluster.label || t("cluster_other"));
  text(item.querySelector(".size"), t("cluster_size", { n: number(cluster.size) }));
  text(item.querySelector(".surge"), cluster.surge >= 2 ? t("cluster_surge", { n: number(cluster.surge) }) : "");
  item.querySelector("button").setAttribute("aria-pressed", String(form.elements.cluster.value === cluster.id));
  const picture = item.querySelector("svg");
  picture.setAttribute("aria-label", t("trend", { counts: cluster.trend.join(", ") }));
  const most = Math.max(...cluster.trend, 1);
  picture.replaceChildren(...cluster.trend.map((count, at) => svg("rect", { x: at * 10 + 1, width: 8, y: 20 - (count / most) * 19, height: (count / most) * 19 })));
  keyed(item.querySelector(".examples"), cluster.examples, (example) => example.time + example.summary,
    (example) => h("li", { class: "plain" }, `${hour(example.time)} ${example.summary}`), () => {});
}

function updateMail(item, mail) {
  item.className = mail.priority;
  text(item.querySelector(".priority"), t(`priority_${mail.priority}`));
  text(item.querySelector("time"), hour(mail.time));
  text(item.querySelector(".topic"), mail.topic?.name ?? "");
  text(item.querySelector(".cluster"), mail.cluster_label);
  text(item.querySelector(".language"), mail.language);
  text(item.querySelector("p"), mail.summary);
}

const makeMail = () => h("li", {}, h("div", { class: "facts" }, ...["priority", "time", "topic", "cluster", "language"].map((name) => (name === "time" ? h("time") : h("span", { class: name })))), h("p"));

function show() {
  const mails = told.mails.filter(passes);
  keyed($("clusters"), told.clusters, (cluster) => cluster.id, makeCluster, updateCluster);
  keyed($("mails"), mails, (mail) => mail.message, makeMail, updateMail);
  text($("number"), String(mails.length));
  $("empty").hidden = told.mails.length > 0;
}

show();
live([state.channel], { [state.channel]: (news) => { told = news; show(); } });
