// What this phone keeps, and requests to the server. Nothing here is a cookie, and nothing names a person: the token is
// random, made when something is first asked for, and gone with one press.

import { newId } from "../live.js";
import { emit, now, setServerTime, state, t } from "../page.js";
import { keep, readKept } from "../storage.js";

const PREFIX = "pulso-companion-";
const SEND_TIMEOUT_MS = 12_000;

/** What was kept under a name; `otherwise` if nothing was, or it can't be read. */
export const read = (name, otherwise = null) => readKept(PREFIX + name, otherwise);

/** Keep something; without space left it is kept until the page is closed. */
export const write = (name, value) => keep(PREFIX + name, value);

/** Remove all that this phone keeps of a person; programme, map and answers are nobody's. */
export function forgetPerson() {
  for (const name of ["token", "wishes", "plan", "plan-form", "thread", "taste", "here", "friends", "offer", "promotion"]) localStorage.removeItem(PREFIX + name);
}

/** The phone's token, made at the first need. */
export function token() {
  const known = read("token");
  if (known) return known;
  const made = newId();
  write("token", made);
  return made;
}

/** Data of the server by name: {value, tag, at}; `at` is when the server last said so. */
export const data = { programme: read("data-programme"), map: read("data-map"), now: read("data-now"), [`faq-${state.language}`]: read(`data-faq-${state.language}`) };
export const value = (name) => data[name]?.value;
export let connected = null;

let ahead = 0;
/** The festival's time in milliseconds: the server's, or in the demo that of its evening. */
export const festivalNow = () => now() + ahead;

function setConnected(is) {
  connected = is;
  emit("network", is);
}

/** Load data if they changed; without a network those that were kept stay. Returns true if they changed. */
export async function load(name, path) {
  const known = data[name];
  let answer;
  try {
    answer = await fetch(path, { headers: known?.tag ? { "if-none-match": known.tag } : {}, signal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
  } catch {
    setConnected(false);
    return false;
  }
  const date = Date.parse(answer.headers.get("date"));
  if (date) setServerTime(date);
  const at = date || Date.now();
  const changed = answer.status !== 304;
  data[name] = changed ? { value: await answer.json(), tag: answer.headers.get("etag"), at } : { ...known, at };
  if (changed && data[name].value.time) ahead = Date.parse(data[name].value.time) - now();
  write(`data-${name}`, data[name]);
  setConnected(true);
  if (changed) emit("data", name);
  return changed;
}

/** Send a request and return its answer; throws an Error whose message a person can read. */
export async function request(path, body, type = "application/json") {
  let answer;
  const options = body === undefined ? {} : { method: "POST", headers: { "content-type": type }, body: type === "application/json" ? JSON.stringify(body) : body };
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  } catch {
    setConnected(false);
    throw new Error(t("companion_not_sent"));
  }
  setConnected(true);
  if (answer.status === 429) throw new Error(t("companion_too_many", { n: answer.headers.get("retry-after") ?? "60" }));
  if (answer.status === 413) throw new Error(t("companion_too_long"));
  if (answer.status >= 500) throw new Error(t("companion_no_answer"));
  if (!answer.ok) throw new Error(t("companion_refused", { why: (await answer.json().catch(() => ({}))).detail ?? answer.status }));
  return answer.status === 204 ? null : answer.json();
}
