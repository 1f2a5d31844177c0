// People who are expected at the next event, under the title of a bar's page.

import { subscribe } from "../live.js";
import { h, number, state, t, text } from "../page.js";

const line = h("p", { id: "expected-people", hidden: true });
const dateOf = (day) => new Intl.DateTimeFormat(state.words.locale, { timeZone: "UTC", dateStyle: "medium" }).format(new Date(day));

function show({ people }) {
  line.hidden = !people;
  if (!people) return;
  const words = { event: people.title, day: dateOf(people.date), n: number(people.persons), last: people.last_event, before: number(people.last_persons) };
  const known = t("tickets_people", words);
  text(line, people.last_persons > 0 ? `${known} ${t("tickets_people_factor", { factor: number(people.persons / people.last_persons, 1) })}` : known);
}

document.getElementById("age")?.after(line);
show(state.channels["expected-people"]);
subscribe("expected-people", { "expected-people": show });
