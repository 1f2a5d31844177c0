// The queues before a bar, under the title of its page.

import { subscribe } from "../live.js";
import { h, keyed, state, text } from "../page.js";
import { waitText } from "./queue_text.js";

const REFRESH_MS = 5_000;
const bar = state.channel.slice("bar:".length);
const list = h("ul", { id: "bar-queues" });
let queues = state.channels.queues.queues;

function show() {
  keyed(list, queues.filter((queue) => queue.bar === bar), (queue) => queue.id, () => h("li"), (item, queue) => text(item, `${queue.title}: ${waitText(queue)}`));
}

document.getElementById("age")?.after(list);
show();
setInterval(show, REFRESH_MS);
subscribe("queues", { queues: (update) => { queues = update.queues; show(); } });
