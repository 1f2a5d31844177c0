// The FAQ page: the most asked first, renewed while it is open, without closing what is being read.

import { h, keyed, state, text } from "../page.js";

const RENEW_MS = 15_000;
const place = document.getElementById("questions");
const field = document.getElementById("find");
/** Text in lower case and without accents. */
const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{Diacritic}/gu, "");

function find() {
  const wanted = plain(field.value).split(/\s+/);
  let found = 0;
  for (const item of place.children) {
    const content = plain(item.textContent);
    item.hidden = !wanted.every((word) => content.includes(word));
    found += item.hidden ? 0 : 1;
  }
  document.getElementById("empty").hidden = found > 0;
}

async function renew() {
  const answer = await fetch(`/api/faq?language=${state.language}`).catch(() => null);
  if (!answer?.ok) return; // the page keeps what it shows
  keyed(place, await answer.json(), (one) => one.topic, () => h("details", {}, h("summary"), h("p")), (item, one) => {
    text(item.querySelector("summary"), one.question);
    text(item.querySelector("p"), one.answer);
  });
  find();
}

field.addEventListener("input", find);
setInterval(renew, RENEW_MS);
