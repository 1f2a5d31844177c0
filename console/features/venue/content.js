// The content that is edited, its check by the server, and the draft that is kept there.

import { request } from "../live.js";
import { state } from "../page.js";

const CHECK_MS = 900;
const SEND_TIMEOUT_MS = 60_000;

export const editor = {
  base: state.draft?.base ?? state.version,
  content: structuredClone(state.draft?.content ?? state.content),
  choices: {},
  proposal: null,
  changed: state.draft !== null,
};

const listeners = [];
let timer = null;
let edits = 0;
let busy = false;
let again = false;

/** Call a function when the content or the server's word on it has changed. */
export function watch(listener) {
  listeners.push(listener);
}

const tell = (what) => { for (const listener of listeners) listener(what); };

/** Send JSON; return the status and the JSON of the answer. Throws where there is no such answer. */
export async function post(path, body) {
  const answer = await request(path, body, SEND_TIMEOUT_MS);
  const json = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok && json.changes === undefined) throw new Error(json.detail ?? String(answer.status));
  return { status: answer.status, json };
}

/** Note that the content was changed: it is checked and kept as a draft soon. */
export function touch(what = "content") {
  editor.changed = true;
  edits += 1;
  tell(what);
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_MS);
}

export const body = (more = {}) => ({ base: editor.base, content: editor.content, choices: editor.choices, ...more });

/** Ask the server for the difference and the mistakes, and keep the draft there; one check at a time. */
export async function check() {
  if (busy) { again = true; return; }
  busy = true;
  again = false;
  await checkOnce();
  busy = false;
  if (again) check();
}

async function checkOnce() {
  const asked = edits;
  tell("checking");
  try {
    const { json } = await post("/api/venue/check", body());
    if (asked !== edits) return; // another check comes
    editor.proposal = json;
    editor.trouble = "";
    if (editor.changed) await post("/api/venue/draft", body());
  } catch (error) {
    editor.trouble = error.message;
  }
  tell("checked");
}

/** The mistakes at a field or below it. */
export function mistakesAt(...path) {
  return (editor.proposal?.mistakes ?? []).filter((one) => path.every((step, index) => one.at[index] === step));
}

/** Return a list of the content; it is made if it is to be changed and is not there. */
export function listOf(owner, name, make = false) {
  if (!Array.isArray(owner[name]) && make) owner[name] = [];
  return owner[name] ?? [];
}
