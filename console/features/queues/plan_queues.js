// Waiting times on the plan, at the bar or gate that people queue for.

import { subscribe } from "../live.js";
import { number, on, state, t, text } from "../page.js";
import { isStale } from "./queue_text.js";

let queues = state.channels.queues.queues;
let labels = new Map();

function show() {
  for (const queue of queues) {
    const label = labels.get(queue.id);
    if (label) text(label, isStale(queue) || queue.wait === null ? "" : t("queue_on_plan", { n: number(queue.wait) }));
  }
}

on("plan-drawn", ({ picture, plan, at, label, unit }) => {
  const place = (queue) => plan.bars[queue.bar] ?? plan.gates[queue.gate]?.line[0];
  labels = new Map(queues.filter(place).map((queue) => {
    const [x, y] = at(place(queue));
    return [queue.id, picture.appendChild(label("queue", [x, y + unit * 1.2], 0.9))];
  }));
  show();
});
on("plan-shown", show);
subscribe("queues", { queues: (update) => { queues = update.queues; show(); } });
