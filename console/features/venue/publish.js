// The difference, conflicts with others, publishing, and earlier versions.

import { h, state, t } from "../page.js";
import { body, check, editor, mistakesAt, post } from "./content.js";

const MAX_LETTERS = 300;
const day = new Intl.DateTimeFormat(state.words.locale, { timeZone: state.timezone, dateStyle: "short", timeStyle: "medium" });

function side(change, name) {
  if (!(name in change)) return h("span", { class: "dim" }, t("venue_absent"));
  const written = typeof change[name] === "string" ? change[name] : JSON.stringify(change[name]);
  const tag = name === "before" ? "del" : "ins";
  return h(tag, {}, written.length > MAX_LETTERS ? `${written.slice(0, MAX_LETTERS)}…` : written);
}

function changeTable(changes) {
  return h("table", { class: "changes" }, h("thead", {}, h("tr", {}, h("th", {}, t("venue_change_field")), h("th", {}, t("venue_change_before")), h("th", {}, t("venue_change_after")))),
    h("tbody", {}, changes.map((change) => h("tr", {}, h("td", {}, h("b", {}, change.path), " ", h("span", { class: "dim" }, t(`venue_change_${change.kind}`))), h("td", {}, side(change, "before")), h("td", {}, side(change, "after"))))));
}

function consequenceList(consequences) {
  return h("ul", { class: "consequences" }, consequences.map((one) => h("li", {}, `${t(`venue_process_${one.process}`)}: ${t(one.live ? "venue_takes_live" : "venue_takes_restart")}`)));
}

export class Publishing {
  constructor() {
    this.element = h("div", {});
    this.note = h("input", { id: "note", maxlength: "200", size: "40" });
    this.told = h("p", { role: "status", id: "told" });
    this.done = null;
    this.show();
  }

  show() {
    const { proposal } = editor;
    if (this.done) {
      this.element.replaceChildren(this.told, consequenceList(this.done), h("button", { type: "button", class: "main", onclick: () => location.reload() }, t("venue_go_on")));
      return;
    }
    if (!proposal) { this.element.replaceChildren(h("p", {}, editor.trouble || t("venue_checking"))); return; }
    const { changes, others, conflicts, mistakes, lost, consequences } = proposal;
    this.element.replaceChildren(...[
      editor.trouble ? h("p", { class: "bad" }, editor.trouble) : null,
      conflicts.length ? this.conflicts(conflicts) : null,
      mistakes.length ? h("section", {}, h("h2", { class: "bad" }, t("venue_mistakes")), h("ul", { id: "mistakes" }, mistakesAt().map((one) => h("li", {}, one.at.length ? h("b", {}, `${place(one.at)}: `) : null, one.text)))) : null,
      h("h2", {}, t("venue_changes")),
      changes.length ? changeTable(changes) : h("p", {}, t("venue_no_changes")),
      others.length ? h("section", {}, h("h2", {}, t("venue_others")), h("p", { class: "dim" }, t("venue_others_note")), changeTable(others)) : null,
      lost.length ? h("section", {}, h("h3", {}, t("venue_lost")), h("ul", {}, lost.map((one) => h("li", {}, `# ${one}`)))) : null,
      consequences.length ? h("section", {}, h("h2", {}, t("venue_consequences")), consequenceList(consequences)) : null,
      h("p", { class: "tools" }, h("label", {}, t("venue_note_label"), " ", this.note),
        h("button", { type: "button", class: "main", id: "publish", disabled: !proposal.publishable, onclick: () => this.publish() }, t("venue_publish")),
        h("button", { type: "button", id: "discard", disabled: !editor.changed, onclick: () => this.discard() }, t("venue_discard"))),
      this.told, this.versions(),
    ].filter(Boolean));
  }

  conflicts(conflicts) {
    return h("section", {}, h("h2", { class: "bad" }, t("venue_conflicts")), h("p", {}, t("venue_conflicts_note")), h("ul", { id: "conflicts" }, conflicts.map(({ mine, theirs }) => h("li", {},
      h("table", { class: "changes" }, h("thead", {}, h("tr", {}, h("th", {}, mine.path), h("th", {}, t("venue_mine")), h("th", {}, t("venue_theirs")))), h("tbody", {}, h("tr", {}, h("td", {}, side(mine, "before")), h("td", {}, side(mine, "after")), h("td", {}, side(theirs, "after"), theirs.path === mine.path ? null : ` (${theirs.path})`)))),
      h("p", { class: "tools" }, ["mine", "theirs"].map((which) => h("button", { type: "button", "data-choice": which, onclick: () => { editor.choices[mine.path] = which; check(); } }, t(`venue_take_${which}`))))))));
  }

  versions() {
    return h("section", {}, h("h2", {}, t("venue_versions")), h("p", {}, h("a", { href: "/api/venue/file" }, t("venue_download"))), h("table", { class: "changes", id: "versions" }, h("tbody", {}, state.log.map((entry, at) => h("tr", {}, h("td", {}, day.format(new Date(entry.at))), h("td", {}, entry.by || t("venue_by_hand")), h("td", {}, entry.note || "", " ", h("span", { class: "dim" }, entry.version)),
      h("td", {}, at === 0 || entry.version === state.version ? t("venue_in_use") : h("button", { type: "button", onclick: () => this.rollBack(entry) }, t("venue_roll_back"))))))));
  }

  async publish() {
    this.told.textContent = "";
    try {
      const { status, json } = await post("/api/venue/publish", body({ note: this.note.value }));
      editor.proposal = json;
      if (status === 200) { this.finished(json.consequences, t("venue_published")); return; }
      this.told.textContent = t("venue_not_published");
      this.show();
    } catch (error) {
      this.told.textContent = error.message;
    }
  }

  async rollBack(entry) {
    try {
      const { json } = await rollBack(entry.version);
      this.finished(json.consequences, t("venue_rolled_back"));
    } catch (error) {
      this.told.textContent = error.message;
    }
  }

  finished(consequences, text) {
    this.done = consequences;
    editor.changed = false;
    this.told.textContent = text;
    this.show();
  }

  async discard() {
    await post("/api/venue/discard", {});
    editor.changed = false;
    location.reload();
  }
}

async function rollBack(version) {
  return post("/api/venue/rollback", { version, seen: state.version });
}

/** The field of a mistake, as people read it: names in the place of numbers. */
function place(at) {
  let node = editor.content;
  return at.map((step) => {
    node = node?.[step];
    return typeof step === "number" ? node?.id ?? node?.zone ?? node?.exit ?? String(step + 1) : step;
  }).join(" › ");
}
