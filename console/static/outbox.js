// What was pressed, kept in the browser until the server has it. A press has an id from the beginning, so however often
// it is sent, it is done once.

import { newId, send } from "./live.js";

const AGAIN = 4_000;
const RELOAD_AGAIN = 60_000;

export class Outbox {
  /**
   * @param path where presses go
   * @param name under which this browser keeps them
   * @param who presses: what somebody else left in this browser is not sent in the name of this person
   * @param changed called when there is something to show
   */
  constructor(path, name, who, changed) {
    Object.assign(this, { path, name, who, changed, busy: false, done: null });
    addEventListener("online", () => this.flush());
    addEventListener("storage", () => changed());
    setInterval(() => this.flush(), AGAIN);
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
    return [...this.read().filter((one) => one.who === this.who), ...(this.done ? [this.done] : [])];
  }

  add(press, what) {
    const one = { id: newId(), press, what, who: this.who, at: Date.now(), state: "waiting" };
    this.write((all) => [...all, one]);
    this.flush();
  }

  remove(id) {
    this.write((all) => all.filter((one) => one.id !== id));
  }

  /** The page is of an earlier login: what was pressed stays, and goes with the page of this one. Not again and again. */
  reload() {
    const last = Number(sessionStorage.getItem("reloaded") ?? 0);
    if (Date.now() - last < RELOAD_AGAIN) return false;
    sessionStorage.setItem("reloaded", String(Date.now()));
    location.reload();
    return true;
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (;;) {
        const one = this.read().find((each) => each.who === this.who && each.state === "waiting");
        if (!one) return;
        try {
          // Its age, not its time: the server's clock counts, and a phone's may be wrong.
          await send(this.path, { ...one.press, id: one.id, ago: Math.max(0, (Date.now() - one.at) / 1000) });
          this.done = { ...one, state: "sent" };
          this.remove(one.id);
        } catch (error) {
          if (error.stale && this.reload()) return;
          // Without an answer, or with one that says "later", it stays; what is refused is shown until it is read.
          if (error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500) return;
          this.write((all) => all.map((each) => (each.id === one.id ? { ...each, state: "refused", why: error.message } : each)));
        }
      }
    } finally {
      this.busy = false;
    }
  }
}
