// A queue in words, the same on every page.

import { number, now, t } from "../page.js";

const STALE_MS = 60_000;

/** True while the last estimate says nothing about now. */
export const isStale = (queue) => queue.at === null || now() - queue.at > STALE_MS;

/** People and waiting time with its interval, or why there is none. */
export function waitText(queue) {
  if (isStale(queue) || queue.persons === null) return t("queue_unseen");
  const persons = t("queue_persons", { n: number(queue.persons) });
  if (queue.wait === null) return persons;
  return `${persons} · ${t("queue_wait", { n: number(queue.wait), low: number(queue.low), high: number(queue.high) })}`;
}
