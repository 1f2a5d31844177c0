// Keeps the page of a bar, and the scripts that it is made of, in the phone: it opens without a network, too, with the
// last data and their age. What the network answers in time is always preferred. Nothing else is kept.

const PAGES = "pulso-bar-pages"; // bar.js deletes it at logout
const SHELL = "pulso-bar-shell";
const PATIENCE = 4_000; // milliseconds; a network that is there but does not answer is none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(fresh(request, PAGES));
  else if (address.pathname.startsWith("/static/")) event.respondWith(fresh(request, SHELL));
});

async function fresh(request, name) {
  const kept = await (await caches.open(name)).match(request);
  const answer = ask(request, name);
  if (!kept) return answer;
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); });
  return (await Promise.race([answer.catch(() => null), late])) ?? kept;
}

async function ask(request, name) {
  const answer = await fetch(request);
  const cache = await caches.open(name);
  // A login page, or a refusal: whoever holds the phone may no longer see what was kept.
  if (answer.redirected || answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) await cache.delete(request);
  else if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
