// Keeps the page of a bar and its files in the phone, so that it opens without a network, with the last data and their
// age. What the network answers in time is always preferred. Nothing else is kept.

const PAGES = "pulso-bar-pages"; // offline.js deletes it at logout
const FILES = "pulso-bar-shell";
const NETWORK_TIMEOUT_MS = 4_000; // a network that does not answer counts as none

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(networkFirst(request, PAGES));
  else if (address.pathname.startsWith("/static/")) event.respondWith(networkFirst(request, FILES));
});

async function networkFirst(request, name) {
  const kept = await (await caches.open(name)).match(request);
  const answer = fetchAndKeep(request, name);
  if (!kept) return answer;
  const late = new Promise((resolve) => { setTimeout(resolve, NETWORK_TIMEOUT_MS); });
  return (await Promise.race([answer.catch(() => null), late])) ?? kept;
}

async function fetchAndKeep(request, name) {
  const answer = await fetch(request);
  const cache = await caches.open(name);
  // A login page or a refusal: the person with the phone may no longer see what was kept.
  if (answer.redirected || answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) await cache.delete(request);
  else if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
