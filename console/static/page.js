// What the page begins with, its words, and times as the venue's clock shows them.

export const state = JSON.parse(document.getElementById("state").textContent);

/** A phrase in the page's language; {name} in it is replaced. */
export function t(name, values = {}) {
  const phrase = state.words[name];
  if (phrase === undefined) return name;
  return phrase.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

const locale = state.language === "es" ? "es-ES" : "en-GB";
const clock = new Intl.DateTimeFormat(locale, { timeZone: state.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const shortClock = new Intl.DateTimeFormat(locale, { timeZone: state.timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const time = (moment) => clock.format(new Date(moment));
export const hour = (moment) => shortClock.format(new Date(moment));
export const number = (value, digits = 0) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

let offset = 0;
/** Milliseconds by the server's clock: the age of data must not depend on this machine's. */
export const now = () => Date.now() + offset;
export const setClock = (milliseconds) => { offset = milliseconds - Date.now(); };

/** A topic of the support desk; one that the venue named itself is in its own words. */
export const topicName = (name) => (state.words[`topic_${name}`] ? t(`topic_${name}`) : name);

/** How long ago, in words. */
export function age(milliseconds) {
  const seconds = Math.max(0, Math.round((now() - milliseconds) / 1000));
  if (seconds < 3) return t("age_now");
  if (seconds < 90) return t("age_seconds", { n: seconds });
  if (seconds < 5400) return t("age_minutes", { n: Math.round(seconds / 60) });
  return t("age_hours", { n: Math.round(seconds / 3600) });
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element; texts become text nodes, so nothing that people write is ever read as HTML. */
export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

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
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
    }
    if (child !== place) parent.insertBefore(child, place);
    else place = place.nextElementSibling;
    update(child, item);
  }
}
