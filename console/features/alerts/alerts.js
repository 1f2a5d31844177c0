// The open alerts of the page, and its filter.

const SEVERITIES = ["critical", "high", "medium", "low"];

export class Alerts {
  constructor() {
    this.open = new Map();
    this.versions = new Map(); // alert id → highest version seen, of closed ones too
  }

  /** Apply one step. Returns "new", "changed", "closed", or "old" for one that the page has already. */
  apply(alert) {
    const version = this.versions.get(alert.id) ?? 0;
    if (alert.version <= version) return "old";
    this.versions.set(alert.id, alert.version);
    if (alert.state === "resolved" || alert.resolved_at) { // a verdict may follow the end
      const open = this.open.get(alert.key);
      if (open?.id === alert.id) this.open.delete(alert.key);
      return "closed";
    }
    this.open.set(alert.key, alert);
    return version ? "changed" : "new";
  }

  /** Begin anew with the open alerts; returns those that the page did not have. */
  reset(alerts) {
    this.open.clear();
    const added = alerts.filter((alert) => !this.versions.has(alert.id));
    for (const alert of alerts) {
      this.versions.set(alert.id, Math.max(alert.version, this.versions.get(alert.id) ?? 0));
      this.open.set(alert.key, alert);
    }
    return added;
  }

  /** Worst first, and of those the oldest. */
  sorted(filter) {
    return [...this.open.values()]
      .filter(filter)
      .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
        || Date.parse(a.raised_at) - Date.parse(b.raised_at) || (a.key < b.key ? -1 : 1));
  }
}

/** A filter that is in the address: it can be sent to a colleague and survives a reload. */
export class Filter {
  constructor(form, user, changed) {
    this.form = form;
    this.user = user;
    this.changed = changed;
    this.read();
    form.addEventListener("input", () => this.write());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.write(); });
    addEventListener("popstate", () => { this.read(); changed(); });
  }

  read() {
    const query = new URLSearchParams(location.search);
    for (const name of ["severity", "rule", "taken", "q"]) this.form.elements[name].value = query.get(name) ?? "";
  }

  write() {
    const query = new URLSearchParams([...new FormData(this.form)].filter(([, value]) => value));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    this.changed();
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
    const content = [alert.key, alert.note, ...Object.values(alert.text)].join("\n").toLowerCase();
    return q.toLowerCase().split(/\s+/).every((word) => content.includes(word));
  }
}
