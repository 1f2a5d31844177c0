// The bar's page without a network: a service worker keeps the page, and this browser the last data that came.

const PAGES = "pulso-bar-pages";

/** Let the service worker keep this page; browsers allow it over HTTPS and on this machine only. */
export function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  const policy = globalThis.trustedTypes?.createPolicy("pulso", { createScriptURL: (address) => address });
  const script = "/bar/service_worker.js";
  navigator.serviceWorker.register(policy ? policy.createScriptURL(script) : script).catch(() => {});
  // The worker sees only what is asked for after it runs: what this page is made of is asked for once more.
  navigator.serviceWorker.ready.then(async () => {
    const shell = await caches.open("pulso-bar-shell");
    const pages = await caches.open(PAGES);
    if (!await pages.match(location.href)) await pages.add(location.href).catch(() => {});
    const made = performance.getEntriesByType("resource").map((one) => new URL(one.name)).filter((one) => one.origin === location.origin && one.pathname.startsWith("/static/"));
    for (const one of made) if (!await shell.match(one.href)) await shell.add(one.href).catch(() => {});
    document.documentElement.dataset.kept = "yes";
  }).catch(() => {});
  const leaving = document.querySelector('form[action="/logout"]');
  leaving?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await caches.delete(PAGES).catch(() => {});
    leaving.submit();
  });
}

/** The newer of what the page brought and what came last; `at` is when Kafka took it. */
export function newest(name, who, brought) {
  try {
    const kept = JSON.parse(localStorage.getItem(name));
    if (kept?.who === who && (kept.data.at ?? 0) > (brought.at ?? 0)) return kept.data;
  } catch {
    // nothing that can be read
  }
  return brought;
}

export function keep(name, who, data) {
  try {
    localStorage.setItem(name, JSON.stringify({ who, data }));
  } catch {
    // no room: the page shows what it has
  }
}
