// A page without a network: a service worker keeps the page, and the browser's storage the last data that came.

const PAGES = "pulso-bar-pages"; // the names of service_worker.js
const FILES = "pulso-bar-shell";

/**
 * Register a service worker.
 * @param script address of the worker's script
 * @param options of the browser: a scope other than the script's folder
 */
export function registerWorker(script, options = {}) {
  const policy = globalThis.trustedTypes?.createPolicy("pulso", { createScriptURL: (address) => address });
  navigator.serviceWorker.register(policy ? policy.createScriptURL(script) : script, options).catch(() => {});
}

/**
 * Let a service worker keep this page; browsers allow it over HTTPS and on this machine only.
 * @param script address of service_worker.js; its folder is what it controls
 */
export function keepPage(script) {
  if (!("serviceWorker" in navigator)) return;
  registerWorker(script);
  // The worker gets only requests made after it runs: the files of this page are requested once more.
  navigator.serviceWorker.ready.then(async () => {
    const files = await caches.open(FILES);
    const pages = await caches.open(PAGES);
    if (!await pages.match(location.href)) await pages.add(location.href).catch(() => {});
    const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name)).filter((address) => address.origin === location.origin && address.pathname.startsWith("/static/"));
    for (const address of loaded) if (!await files.match(address.href)) await files.add(address.href).catch(() => {});
    document.documentElement.dataset.kept = "yes";
  }).catch(() => {});
  const logout = document.querySelector('form[action="/logout"]');
  logout?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await caches.delete(PAGES).catch(() => {});
    logout.submit();
  });
}

/** The newer of the page's own data and those that `keepData` kept for this user; `at` is Kafka's time. */
export function newest(name, user, inPage) {
  try {
    const kept = JSON.parse(localStorage.getItem(name));
    if (kept?.who === user && (kept.data.at ?? 0) > (inPage.at ?? 0)) return kept.data;
  } catch {
    // nothing kept, or not readable
  }
  return inPage;
}

/** Keep the last data of a page for this user. */
export function keepData(name, user, data) {
  try {
    localStorage.setItem(name, JSON.stringify({ who: user, data }));
  } catch {
    // no space left: without a network the page shows its own data
  }
}
