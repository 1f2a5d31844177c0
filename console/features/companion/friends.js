// Friends who go along: their wishes, which come by a link or are told here. Names stay on this phone; a link has none.

import { kindName } from "./places.js";
import { actName, acts } from "./programme.js";
import { read, write } from "./store.js";
import * as wishes from "./wishes.js";
import { newId } from "../live.js";
import { emit, h, keyed, number, on, t, text } from "../page.js";

const MAX_FRIENDS = 7; // of one plan
const MAX_ACTS = 60;
const MARK = "#friend=";
const MOBILITIES = ["none", "slow", "pushchair", "wheelchair"];
const form = document.getElementById("plan-form");
const outcome = document.getElementById("friends-outcome");
const link = document.getElementById("my-link");
let friends = read("friends", []);
let opened = null; // wishes of a link, until this person adds them or not

export const all = () => friends;
export const friendName = (friend, index) => friend.name || t("companion_friend_number", { n: number(index + 1) });

function keep(changed) {
  friends = changed;
  write("friends", friends);
  emit("friends", friends);
}
const change = (id, fields) => keep(friends.map((one) => (one.id === id ? { ...one, ...fields } : one)));

/** Wishes as a code: acts, a `!` before those that must be seen; how somebody moves; break. It names nobody. */
function codeOf(wished, fields) {
  const part = (words) => encodeURIComponent(words).replaceAll("~", "%7E");
  const rest = fields.break.value && `${fields.break.value}${fields.food.checked ? "f" : ""}`;
  return ["1", fields.mobility.value, fields.walk.value, rest, ...Object.entries(wished).map(([act, wish]) => `${wish === "must" ? "!" : "."}${part(act)}`)].join("~");
}

/** Wishes of a link or code; null if it is none. */
function wishesOf(words) {
  try {
    const code = words.includes(MARK) ? words.slice(words.indexOf(MARK) + MARK.length) : words.trim();
    const [version, mobility, walk, rest, ...wished] = code.split("~");
    const known = new Set(acts().map((one) => one.id));
    const found = wished.slice(0, MAX_ACTS).map((one) => [decodeURIComponent(one.slice(1)), one[0] === "!" ? "must" : "like"]);
    if (version !== "1" || !MOBILITIES.includes(mobility) || !/^\d{0,6}$/.test(walk) || !/^(\d{1,3}f?)?$/.test(rest)) return null;
    return { mobility, walk, minutes: Number.parseInt(rest, 10) || 0, food: rest.endsWith("f"), wishes: Object.fromEntries(found.filter(([act]) => known.has(act))), unknown: found.filter(([act]) => !known.has(act)).length };
  } catch {
    return null;
  }
}

function add(fields) {
  if (friends.length >= MAX_FRIENDS) {
    text(outcome, t("companion_friends_full", { n: number(MAX_FRIENDS) }));
    return false;
  }
  text(outcome, "");
  keep([...friends, { name: "", mobility: "none", walk: "", minutes: 0, food: false, wishes: {}, ...fields, id: newId() }]);
  return true;
}

/** Show wishes of a link or code, and ask before they are added. */
function open(words) {
  opened = wishesOf(words);
  text(outcome, opened ? "" : t("companion_friend_no_code"));
  showFriends();
}

/** Take the wishes out of the page's address, if somebody opened a link; nothing of it is sent to the server. */
function openAddress() {
  if (!location.hash.startsWith(MARK)) return;
  const words = location.hash;
  history.replaceState(null, "", "#plan");
  open(words);
}

function showOpened() {
  const names = opened ? Object.entries(opened.wishes).map(([act, wish]) => (wish === "must" ? t("companion_must_see_act", { name: actName(act) }) : actName(act))) : [];
  const rows = opened ? [{ key: JSON.stringify(opened) }] : [];
  keyed(document.getElementById("opened"), rows, (row) => row.key, () => {
    const name = h("input", { maxlength: "30", autocomplete: "off" });
    const take = () => { if (add({ ...opened, unknown: undefined, name: name.value.trim() })) { opened = null; showFriends(); } };
    return h("div", {}, h("h3", {}, t("companion_friend_opened")), h("p", { class: "acts" }), h("label", {}, t("companion_friend_name"), " ", name),
      h("p", { class: "row" }, h("button", { type: "button", class: "main take", onclick: take }, t("companion_friend_take")), h("button", { type: "button", onclick: () => { opened = null; showFriends(); } }, t("companion_friend_leave"))));
  }, (item) => {
    const unknown = opened.unknown ? t("companion_friend_unknown", { n: number(opened.unknown) }) : "";
    text(item.querySelector(".acts"), [names.join(", ") || t("companion_friend_no_wishes"), unknown].filter(Boolean).join(" "));
  });
}

function makeFriend({ id }) {
  const of = () => friends.find((one) => one.id === id);
  const name = h("input", { maxlength: "30", autocomplete: "off", onchange: ({ currentTarget }) => change(id, { name: currentTarget.value.trim() }) });
  name.value = of().name;
  const mobility = h("select", { onchange: ({ currentTarget }) => change(id, { mobility: currentTarget.value }) }, MOBILITIES.map((one) => h("option", { value: one }, t(`companion_mobility_${one}`))));
  mobility.value = of().mobility;
  const more = h("select", { class: "more", onchange: ({ currentTarget }) => {
    if (currentTarget.value) change(id, { wishes: { ...of().wishes, [currentTarget.value]: "like" } });
    currentTarget.value = "";
  } }, h("option", { value: "" }, t("companion_friend_choose")));
  return h("li", {}, h("h3"), h("label", {}, t("companion_friend_name"), " ", name), h("label", {}, t("companion_friend_mobility"), " ", mobility), h("p", { class: "dim" }),
    h("ul", { class: "wishes" }), h("label", {}, t("companion_friend_wish"), " ", more),
    h("p", { class: "row" }, h("button", { type: "button", class: "gone", onclick: () => keep(friends.filter((one) => one.id !== id)) }, t("companion_remove"))));
}

function updateFriend(item, friend) {
  const name = friendName(friend, friends.indexOf(friend));
  text(item.querySelector("h3"), name);
  const rest = friend.minutes ? `${friend.food ? t("companion_break_at", { kind: kindName("food") }) : t("companion_break")}: ${number(friend.minutes)} min.` : "";
  text(item.querySelector(".dim"), [friend.walk ? t("companion_friend_walk", { metres: number(Number(friend.walk)) }) : "", rest].filter(Boolean).join(" "));
  wishes.showList(item.querySelector(".wishes"), friend.wishes, (act, wish) => {
    const { [act]: _, ...others } = friends.find((one) => one.id === friend.id).wishes;
    change(friend.id, { wishes: wish ? { ...others, [act]: wish } : others });
  });
  const more = item.querySelector(".more");
  const known = new Set([...more.options].map((option) => option.value));
  for (const act of [...acts()].sort((a, b) => a.name.localeCompare(b.name))) if (!known.has(act.id)) more.append(h("option", { value: act.id }, act.name));
  for (const option of more.options) option.hidden = option.value in friend.wishes;
  item.querySelector(".gone").setAttribute("aria-label", t("companion_remove_act", { name }));
}

export function showFriends() {
  keyed(document.getElementById("friends"), friends, (one) => one.id, makeFriend, updateFriend);
  document.getElementById("add-friend").disabled = friends.length >= MAX_FRIENDS;
  showOpened();
}

/** The wishes of all friends as the planner asks for them, without acts that were seen. */
export const requests = (seen) => friends.map((friend) => ({
  must_see: Object.keys(friend.wishes).filter((act) => friend.wishes[act] === "must" && !seen.has(act)), likes: Object.keys(friend.wishes).filter((act) => friend.wishes[act] !== "must" && !seen.has(act)),
  mobility: friend.mobility, max_walk_m: friend.walk ? Number(friend.walk) : null, breaks: friend.minutes ? [{ minutes: friend.minutes, kind: friend.food ? "food" : null }] : [],
}));

/** Hand a text to another app, where the phone can; else copy it. Returns what to say of it. */
export async function handOver(words) {
  try {
    if (navigator.share) await navigator.share({ text: words });
    else await navigator.clipboard.writeText(words);
    return navigator.share ? "" : t("companion_copied");
  } catch {
    return "";
  }
}

async function share() {
  if (!Object.keys(wishes.all()).length) {
    text(outcome, t("companion_no_wishes"));
    return;
  }
  link.value = `${location.origin}/companion${MARK}${codeOf(wishes.all(), form.elements)}`;
  link.parentElement.hidden = false;
  const said = t("companion_friend_link_note");
  text(outcome, said);
  text(outcome, `${await handOver(link.value)} ${said}`.trim());
}

document.getElementById("add-friend").addEventListener("click", () => add({}));
document.getElementById("share-wishes").addEventListener("click", share);
document.getElementById("friend-code").addEventListener("change", ({ currentTarget }) => {
  if (currentTarget.value.trim()) open(currentTarget.value);
  currentTarget.value = "";
});
link.addEventListener("focus", () => link.select());
addEventListener("hashchange", openAddress);
on("friends", showFriends);
on("forgotten", () => { opened = null; friends = []; link.value = ""; link.parentElement.hidden = true; text(outcome, ""); showFriends(); });
/** Called when the programme is known: a code names acts by their ids. */
export const openLink = openAddress;
