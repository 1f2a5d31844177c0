// Places of the map: their names, and lists to choose from.

import { value } from "./store.js";
import { h, state, t, text } from "../page.js";

export const places = () => value("map")?.places ?? [];
export const named = () => places().filter((place) => place.kind !== "junction").sort((a, b) => a[`name_${spoken}`].localeCompare(b[`name_${spoken}`]));
const spoken = state.language === "en" ? "en" : "es";

/** Name of a place in the page's language; its id where the map has none. */
export const nameOf = (id) => places().find((place) => place.id === id)?.[`name_${spoken}`] ?? id;

/** Whom to call where no way is found. */
export const help = () => value("map")?.help[spoken] ?? "";

/** Name of a kind of place; that of the venue file where the words have none. */
export const kindName = (kind) => state.words[`companion_kind_${kind}`] ?? kind.replaceAll("_", " ");

/** Fill a list to choose from, without changing what is chosen. */
export function fill(field, options) {
  for (const [name, label] of options) {
    const known = [...field.options].find((option) => option.value === name);
    if (known) text(known, label);
    else field.append(h("option", { value: name }, label));
  }
}

export const placeOptions = () => named().map((place) => [place.id, nameOf(place.id)]);
export const nearestOptions = () => [...new Set(named().map((place) => place.kind))].filter((kind) => !["stage", "entrance", "parking", "camping"].includes(kind))
  .map((kind) => [`nearest:${kind}`, t("companion_nearest", { kind: kindName(kind) })]);
