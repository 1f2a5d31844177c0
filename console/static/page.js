// State of the page, its words, times by the venue's clock, and elements of the document.

/** What the server wrote into the page. */
export const state = JSON.parse(document.getElementById("state").textContent);

/** A phrase in the page's language; {name} in it is replaced. */
export function t(name, values = {}) {
  const phrase = state.words[name];
  if (phrase === undefined) return name;
  return phrase.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

const locale = state.words.locale;
const clock = new Intl.DateTimeFormat(locale, { timeZone: state.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const minuteClock = new Intl.DateTimeFormat(locale, { timeZone: state.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const time = (moment) => clock.format(new Date(moment));
export const hour = (moment) => minuteClock.format(new Date(moment));
export const number = (value, digits = 0) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

let offset = 0;
/** Milliseconds by the server's clock: the age of data must not depend on this machine's. */
export const now = () => Date.now() + offset;
export const setServerTime = (milliseconds) => { offset = milliseconds - Date.now(); };

const lastDetails = new Map();
/** Tell the scripts that features add to this page; they receive it with `on`. */
export function emit(name, detail) {
  lastDetails.set(name, detail);
  document.dispatchEvent(new CustomEvent(`pulso:${name}`, { detail }));
}
/** Receive what another script of this page emits; what it emitted last is received at once. */
export function on(name, handle) {
  document.addEventListener(`pulso:${name}`, (event) => handle(event.detail));
  if (lastDetails.has(name)) handle(lastDetails.get(name));
}

/** The time since a moment, in words. */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.round((now() - milliseconds) / 1000));
  if (seconds < 3) return t("age_now");
  if (seconds < 90) return t("age_seconds", { n: seconds });
  if (seconds < 5400) return t("age_minutes", { n: Math.round(seconds / 60) });
  return t("age_hours", { n: Math.round(seconds / 3600) });
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element; texts become text nodes, so that no text of people is ever parsed as HTML. */
export const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) => build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** Set a text only when it differs, so that a reader's place and selection stay. */
export function text(element, content) {
  if (element.textContent !== content) element.textContent = content;
}

/**
 * Make the children of `parent` show `items` in order. A child stays the same element as long as its key is there,
 * so focus, scroll and what somebody types stay too.
 */
export function keyed(parent, items, key, make, update) {
  const wanted = new Set(items.map((item) => String(key(item))));
  // Those that go, go first: then none of those that stay has to move, which would cost the focus in it.
  for (const child of [...parent.children]) if (!wanted.has(child.dataset.key)) child.remove();
  const existing = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = existing.get(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    if (child !== place) parent.insertBefore(child, place);
    else place = place.nextElementSibling;
    update(child, item);
  }
}
