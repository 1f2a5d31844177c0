// The page of queues: the longest wait first, with its course over the last two hours.

import { live } from "../live.js";
import { age, h, keyed, number, state, svg, t, text } from "../page.js";
import { isStale, waitText } from "./queue_text.js";

const REFRESH_MS = 5_000;
const HISTORY_MINUTES = 120;
const LEAST_TOP_MINUTES = 15; // of the curve, so that a short queue does not look long
let queues = state.now.queues;

function make(queue) {
  return h("li", {}, h("h2", {}, queue.title), h("p", { class: "wait" }), h("p", { class: "served dim" }),
    svg("svg", { viewBox: "0 0 400 60", preserveAspectRatio: "none", role: "img" }, svg("polyline")), h("p", { class: "age dim" }));
}

function update(item, queue) {
  item.className = isStale(queue) || queue.persons === null ? "unseen-queue" : "";
  text(item.querySelector(".wait"), waitText(queue));
  text(item.querySelector(".served"), queue.served_per_minute === null ? t("queue_rate_unknown") : t("queue_served", { n: number(queue.served_per_minute, 1) }));
  text(item.querySelector(".age"), queue.at === null ? t("never") : t("data_age", { age: age(queue.at) }));
  const highest = Math.max(0, ...queue.history.map(([, minutes]) => minutes));
  const top = Math.max(LEAST_TOP_MINUTES, highest) * 1.05;
  const points = queue.history.map(([minutes, wait]) => `${(400 * (1 + minutes / HISTORY_MINUTES)).toFixed(1)},${(60 - (wait / top) * 60).toFixed(1)}`);
  item.querySelector("polyline").setAttribute("points", points.join(" "));
  item.querySelector("svg").setAttribute("aria-label", t("queue_history", { title: queue.title, highest: number(highest) }));
}

function show() {
  document.getElementById("none").hidden = queues.length > 0;
  const longestFirst = [...queues].sort((a, b) => (b.wait ?? -1) - (a.wait ?? -1));
  keyed(document.getElementById("queues"), longestFirst, (queue) => queue.id, make, update);
}

show();
setInterval(show, REFRESH_MS);
live([state.channel], { [state.channel]: (update) => { queues = update.queues; show(); } });
