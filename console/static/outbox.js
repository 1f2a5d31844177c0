// Changes that wait in the browser until the server has them. A change has an id from the beginning, so it is done once,
// however often it is sent.

import { newId, send } from "./live.js";

const RETRY_MS = 4_000;
const RELOAD_INTERVAL_MS = 60_000;

export class Outbox {
  /**
   * @param path address that changes are sent to
   * @param name under which this browser keeps them
   * @param user their changes are sent; what another user left in this browser is not sent in their name
   * @param changed called when there is something to show
   */
  constructor(path, name, user, changed) {
    Object.assign(this, { path, name, user, changed, busy: false, done: null });
    addEventListener("online", () => this.flush());
    addEventListener("storage", () => changed());
    setInterval(() => this.flush(), RETRY_MS);
    queueMicrotask(() => { changed(); this.flush(); });
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? [];
    } catch {
      return [];
    }
  }

  write(change) {
    localStorage.setItem(this.name, JSON.stringify(change(this.read())));
    this.changed();
  }

  shown() {
    return [...this.read().filter((one) => one.who === this.user), ...(this.done ? [this.done] : [])];
  }

  /** Add a change; `what` describes it to the user. */
  add(press, what) {
    const one = { id: newId(), press, what, who: this.user, at: Date.now(), state: "waiting" };
    this.write((all) => [...all, one]);
    this.flush();
  }

  remove(id) {
    this.write((all) => all.filter((one) => one.id !== id));
  }

  /** The page is of an earlier login: reload it, at most once a minute. Changes stay and are sent by the new page. */
  reload() {
    const last = Number(sessionStorage.getItem("reloaded") ?? 0);
    if (Date.now() - last < RELOAD_INTERVAL_MS) return false;
    sessionStorage.setItem("reloaded", String(Date.now()));
    location.reload();
    return true;
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (;;) {
        const one = this.read().find((each) => each.who === this.user && each.state === "waiting");
        if (!one) return;
        try {
          // Its age, not its time: a phone's clock may be wrong.
          await send(this.path, { ...one.press, id: one.id, ago: Math.max(0, (Date.now() - one.at) / 1000) });
          this.done = { ...one, state: "sent" };
          this.remove(one.id);
        } catch (error) {
          if (error.stale && this.reload()) return;
          // Without an answer, or with one that asks to try later, it stays; a refusal is shown until it is dismissed.
          if (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500) return;
          this.write((all) => all.map((each) => (each.id === one.id ? { ...each, state: "refused", why: error.message } : each)));
        }
      }
    } finally {
      this.busy = false;
    }
  }
}
