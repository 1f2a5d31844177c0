// The open alerts of the page, and its filter.

import { now } from "../page.js";

export const SEVERITIES = ["critical", "high", "medium", "low"];

/** Is the alert set aside? Not any more when its time is over, even before the step that says so has come. */
export const isShelved = (alert) => Boolean(alert.shelved_until) && Date.parse(alert.shelved_until) > now();

export class Alerts {
  constructor() {
    this.open = new Map();
    this.shelves = new Map(); // alert key → shelved alert that has ended
    this.versions = new Map(); // alert id → highest version seen, of closed ones too
  }

  /** Apply one step. Returns "new", "changed", "returned" (from its shelf), "closed", or "old" for one that the page has already. */
  apply(alert) {
    const version = this.versions.get(alert.id) ?? 0;
    if (alert.version <= version) return "old";
    this.versions.set(alert.id, alert.version);
    if (alert.state === "resolved" || alert.resolved_at) { // a verdict may follow the end
      const open = this.open.get(alert.key);
      if (open?.id === alert.id) this.open.delete(alert.key);
      if (!alert.shelved_until) this.shelves.delete(alert.key);
      else if (!this.open.has(alert.key)) this.shelves.set(alert.key, alert);
      return "closed";
    }
    const returns = alert.state === "unshelved";
    this.open.set(alert.key, alert);
    this.shelves.delete(alert.key);
    return returns ? "returned" : version ? "changed" : "new";
  }

  /** Begin anew with the open alerts; returns those that the page did not have. */
  reset(alerts, incidents = {}) {
    for (const alert of alerts) alert.incident = incidents[alert.id];
    this.open.clear();
    this.shelves.clear();
    const added = alerts.filter((alert) => !this.versions.has(alert.id) && !alert.resolved_at);
    for (const alert of alerts) {
      this.versions.set(alert.id, Math.max(alert.version, this.versions.get(alert.id) ?? 0));
      (alert.resolved_at ? this.shelves : this.open).set(alert.key, alert);
    }
    return added;
  }

  /** The alert of a key: open, or ended while it is shelved. */
  get(key) {
    return this.open.get(key) ?? this.shelves.get(key);
  }

  get hasShelved() {
    return this.shelves.size > 0 || [...this.open.values()].some((alert) => alert.shelved_until);
  }

  /** Number of open alerts that are not shelved. */
  get active() {
    return [...this.open.values()].filter((alert) => !isShelved(alert)).length;
  }

  /** Worst first, and of those the oldest; shelved ones behind all others. */
  sorted(filter) {
    return [...this.open.values(), ...[...this.shelves.values()].filter(isShelved)]
      .filter(filter)
      .sort((a, b) => isShelved(a) - isShelved(b)
        || SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
        || Date.parse(a.raised_at) - Date.parse(b.raised_at) || (a.key < b.key ? -1 : 1));
  }
}

/**
 * A filter that is in the address: it can be sent to a colleague and survives a reload. An address without one brings
 * back what this person chose last in this browser, but for the words, which are of the moment.
 */
export class Filter {
  constructor(form, user, changed) {
    this.form = form;
    this.user = user;
    this.store = `filter:${user}`;
    this.changed = changed;
    this.read();
    form.addEventListener("input", () => this.write());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.write(); });
    addEventListener("popstate", () => { this.read(); changed(); });
  }

  read() {
    const query = new URLSearchParams(location.search || localStorage.getItem(this.store) || "");
    for (const name of ["severity", "rule", "taken", "q"]) this.form.elements[name].value = query.get(name) ?? "";
  }

  write() {
    const query = new URLSearchParams([...new FormData(this.form)].filter(([, value]) => value));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    query.delete("q");
    localStorage.setItem(this.store, String(query));
    this.changed();
  }

  /** Show everything. */
  clear() {
    for (const element of this.form.elements) element.value = "";
    this.write();
  }

  get active() {
    return [...new FormData(this.form)].some(([, value]) => value);
  }

  passes(alert) {
    const { severity, rule, taken, q } = Object.fromEntries(new FormData(this.form));
    if (severity && SEVERITIES.indexOf(alert.severity) > SEVERITIES.indexOf(severity)) return false;
    if (rule && alert.rule !== rule) return false;
    if (taken === "nobody" && (alert.acknowledged_by || alert.assigned_to)) return false;
    if (taken === "me" && (alert.assigned_to ?? alert.acknowledged_by) !== this.user) return false;
    const content = [alert.key, alert.note, alert.shelved_reason ?? "", ...Object.values(alert.text)].join("\n").toLowerCase();
    return q.toLowerCase().split(/\s+/).every((word) => content.includes(word));
  }
}
