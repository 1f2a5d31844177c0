// A minute in words: its posts beside what was expected, and crowd, sales and sound beside the set's median.

import { number, state, t } from "../page.js";

/** The time of day of a minute, at the venue. */
export const time = (seconds) => new Intl.DateTimeFormat(state.words.locale, { timeZone: state.timezone, hour: "2-digit", minute: "2-digit" }).format(new Date(seconds * 1000));

function median(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)] : null;
}

/** Why a minute stands out. */
export function reasons(one, minute) {
  const usual = (name) => number(median(one.minutes.map((other) => other[name])) ?? 0);
  const said = [t("moments_why_posts", { n: number(minute.posts), expected: number(minute.expected, 1) })];
  if (minute.burst) said.push(t("moments_why_burst"));
  said.push(t("moments_why_reactions", { shares: number(minute.shares), photos: number(minute.photos), likes: number(minute.likes), positive: number(minute.positive) }));
  if (minute.crowd !== null) said.push(t("moments_why_crowd", { n: number(minute.crowd), usual: usual("crowd") }));
  if (minute.units !== null) said.push(t("moments_why_units", { n: number(minute.units), usual: usual("units") }));
  if (minute.loudness !== null) said.push(t("moments_why_loudness", { n: number(minute.loudness), usual: usual("loudness") }));
  if (minute.mood) said.push(t("moments_why_mood", { mood: state.words[`heard_${minute.mood}`] ?? minute.mood }));
  if (minute.excerpt) said.push(`«${minute.excerpt}»`);
  return said.join(" · ");
}
