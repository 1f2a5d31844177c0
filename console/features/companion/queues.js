// Queues, the shortest wait first; those that nobody sees now come last, and say so.

import { data, value } from "./store.js";
import { h, keyed, number, t, text } from "../page.js";

function waitText(queue) {
  if (queue.wait !== null) return t("companion_wait", { n: number(queue.wait), low: number(queue.low ?? queue.wait), high: number(queue.high ?? queue.wait) });
  return queue.persons === null ? t("companion_queue_unknown") : t("companion_queue_persons", { n: number(queue.persons) });
}

/** Shortest wait first, then the fewest people, then those that are not known. */
const order = (queue) => [queue.wait === null ? (queue.persons === null ? 2 : 1) : 0, queue.wait ?? queue.persons ?? 0];

export function showQueues() {
  const queues = [...(value("now")?.queues ?? [])].sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
  keyed(document.getElementById("queues"), queues, (queue) => queue.id, () => h("li", {}, h("h2"), h("p", { class: "wait" })), (item, queue) => {
    text(item.querySelector("h2"), queue.title);
    text(item.querySelector(".wait"), waitText(queue));
    item.className = order(queue)[0] === 2 ? "unknown" : "";
  });
  document.getElementById("no-queues").hidden = queues.length > 0 || !data.now;
}
