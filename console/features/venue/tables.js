// Parts of the venue file as tables: each cell is a field, and a block of cells can be pasted from a spreadsheet.

import { h, t } from "../page.js";
import { editor, listOf, mistakesAt, touch } from "./content.js";

const SEVERITIES = ["low", "medium", "high", "critical"];
const text = (field) => ({ field, kind: "text" });
const count = (field) => ({ field, kind: "number" });
const list = (field) => ({ field, kind: "list" });
const select = (field, choices) => ({ field, kind: "select", choices });
const zones = () => (editor.content.zones ?? []).map((zone) => zone.id);
const cameras = () => (editor.content.cameras ?? []).map((camera) => camera.id);

/** Tables: the list of the content that they show, and their columns. `of` names a list within each entry. */
export const TABLES = {
  cameras: [text("id"), text("url"), count("frames_per_second"), count("count_every_seconds")],
  zones: [text("id"), text("title"), select("use", () => ["standing", "queue", "walkway", "seated", "stairs"]), count("area_m2"), count("capacity"), count("lead_time_minutes")],
  queues: [text("id"), text("title"), select("camera", cameras), select("place", () => ["bar", "gate", "toilet", "other"]), text("bar"), text("gate"), count("served_per_minute")],
  bars: [text("id"), select("zone", zones), count("lead_time_minutes"), text("closes"), list("neighbours")],
  products: [text("id"), text("title"), count("opening_stock"), count("shelf"), count("package"), text("category"), count("price"), count("alcohol"), count("size")],
  stages: [text("id"), text("url"), select("zone", zones)],
  mailboxes: [text("id"), text("url"), count("poll_seconds")],
  contacts: [text("id"), list("audience"), select("at_least", () => SEVERITIES), text("language"), list("escalate_to"), count("escalate_after_minutes")],
};

/** Read a number as people write it, in either language; null where it is none. */
export function readNumber(written) {
  const plain = written.trim().replace(/\s/g, "");
  const value = Number(/^-?\d{1,3}(\.\d{3})+,\d+$/.test(plain) ? plain.replace(/\./g, "").replace(",", ".") : plain.replace(",", "."));
  return plain === "" || !Number.isFinite(value) ? null : value;
}

/** Cells of a copied block: tab-separated as from a spreadsheet, else semicolons or commas with quotes. */
export function readBlock(written) {
  const separator = written.includes("\t") ? "\t" : written.includes(";") ? ";" : ",";
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < written.length; at += 1) {
    const letter = written[at];
    if (quoted && letter === '"' && written[at + 1] === '"') { rows.at(-1)[rows.at(-1).length - 1] += '"'; at += 1; }
    else if (letter === '"' && (quoted || rows.at(-1).at(-1) === "")) quoted = !quoted;
    else if (!quoted && letter === separator) rows.at(-1).push("");
    else if (!quoted && letter === "\n") rows.push([""]);
    else if (letter !== "\r") rows.at(-1)[rows.at(-1).length - 1] += letter;
  }
  return rows.filter((row) => row.some((cell) => cell !== ""));
}

/** Put what somebody wrote into an entry; return what is wrong with it, or an empty text. */
function write(entry, column, written) {
  const plain = written.trim();
  if (plain === "") { delete entry[column.field]; return ""; }
  if (column.kind === "number") {
    const value = readNumber(plain);
    entry[column.field] = value ?? plain;
    return value === null ? t("venue_no_number", { text: plain }) : "";
  }
  if (column.kind === "list") { entry[column.field] = plain.split(/[,;]\s*/).filter(Boolean); return ""; }
  entry[column.field] = plain;
  if (column.kind === "select" && !column.choices().includes(plain)) return t("venue_no_choice", { text: plain, choices: column.choices().join(", ") });
  return "";
}

const shown = (value) => (value === undefined || value === null ? "" : Array.isArray(value) ? value.join(", ") : String(value));

export class Table {
  /** @param path steps that lead to the list in the content, for the mistakes of the server */
  constructor(name, owner, path) {
    Object.assign(this, { name, owner, path, columns: TABLES[name], wrong: new Map() });
    this.ids = `cell-${path.join("-")}`;
    this.body = h("tbody", {});
    this.note = h("p", { role: "status", class: "dim" });
    this.whole = h("p", { class: "error" });
    this.element = h("section", {}, h("h2", {}, t(`venue_table_${name}`)), this.whole, h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t(`venue_table_${name}`) },
      h("table", { class: "cells" }, h("thead", {}, h("tr", {}, this.columns.map((column) => h("th", { scope: "col" }, t(`venue_field_${column.field}`))), h("th", {}, h("span", { class: "unseen" }, t("venue_remove"))))), this.body)),
    h("p", { class: "tools" }, h("button", { type: "button", class: "add", onclick: () => this.addRow() }, t("venue_add_row"))), this.note);
    this.show();
  }

  get entries() { return listOf(this.owner, this.name); }

  addRow() {
    listOf(this.owner, this.name, true).push({});
    this.show();
    this.cell(this.entries.length - 1, 0).focus();
    touch();
  }

  removeRow(row) {
    this.entries.splice(row, 1);
    this.wrong.clear();
    this.show();
    touch();
  }

  cell(row, column) { return this.body.children[row]?.children[column]?.querySelector("input, select"); }

  show() {
    this.body.replaceChildren(...this.entries.map((entry, row) => h("tr", {}, this.columns.map((column, at) => h("td", {}, this.input(entry, row, column, at), h("span", { class: "error", id: `${this.ids}-${row}-${at}` }))),
      h("td", {}, h("button", { type: "button", "aria-label": t("venue_remove_of", { name: shown(entry.id) || String(row + 1) }), onclick: () => this.removeRow(row) }, "×")))));
    this.showMistakes();
  }

  input(entry, row, column, at) {
    const label = `${t(`venue_field_${column.field}`)}, ${shown(entry.id) || row + 1}`;
    const value = shown(entry[column.field]);
    if (column.kind === "select") {
      const choices = [...new Set(["", ...column.choices(), value])];
      return h("select", { "aria-label": label, onchange: (event) => this.written(row, at, event.target.value) }, choices.map((one) => h("option", { value: one, selected: one === value }, one)));
    }
    return h("input", { "aria-label": label, value, inputmode: column.kind === "number" ? "decimal" : false, autocomplete: "off", spellcheck: "false", oninput: (event) => this.written(row, at, event.target.value), onpaste: (event) => this.paste(event, row, at) });
  }

  written(row, at, value) {
    this.wrong.set(`${row}-${at}`, write(this.entries[row], this.columns[at], value));
    this.showMistakes();
    touch();
  }

  paste(event, row, at) {
    const written = event.clipboardData.getData("text/plain");
    const block = readBlock(written);
    if (!written.includes("\t") && block.length < 2) return; // one value: as usual
    event.preventDefault();
    const entries = listOf(this.owner, this.name, true);
    block.forEach((cells, down) => {
      if (row + down >= entries.length) entries.push({});
      cells.slice(0, this.columns.length - at).forEach((cell, right) => this.wrong.set(`${row + down}-${at + right}`, write(entries[row + down], this.columns[at + right], cell)));
    });
    this.show();
    const wrong = [...this.wrong.values()].filter(Boolean).length;
    this.note.textContent = t("venue_pasted", { rows: block.length, wrong });
    this.cell(row, at)?.focus();
    touch();
  }

  /** Show what is wrong at its cell: what this page sees at once, and what the server found. */
  showMistakes() {
    const above = mistakesAt().filter((one) => one.at.length <= this.path.length && this.path.slice(0, one.at.length).every((step, index) => one.at[index] === step));
    this.whole.textContent = above.map((one) => one.text).join(" ");
    this.entries.forEach((_, row) => {
      const ofRow = mistakesAt(...this.path, row);
      this.columns.forEach((column, at) => {
        const others = ofRow.filter((one) => one.at[this.path.length + 1] === column.field || (at === 0 && !this.columns.some((other) => other.field === one.at[this.path.length + 1])));
        const said = this.wrong.get(`${row}-${at}`) || others.map((one) => one.text).join(" ");
        const cell = this.cell(row, at);
        cell?.nextElementSibling.replaceChildren(said);
        if (!cell) return;
        if (said) { cell.setAttribute("aria-invalid", "true"); cell.setAttribute("aria-describedby", `${this.ids}-${row}-${at}`); }
        else { cell.removeAttribute("aria-invalid"); cell.removeAttribute("aria-describedby"); }
      });
    });
  }
}
