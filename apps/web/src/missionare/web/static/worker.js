// The pages of a stop, where there is no network: the copy that this device took along. Nothing else is touched.
"use strict";

const PAGES = "missionare.pages";
const STOP = /^\/(en\/)?me\/journeys\/[^/]+\/stops\/[^/]+$/;
const SIGN_IN = /^\/(en\/)?sign-in$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode !== "navigate") {
    if (pathname.startsWith("/static/")) event.respondWith(file(request));
  } else if (STOP.test(pathname)) {
    event.respondWith(page(request));
  } else if (SIGN_IN.test(pathname)) {
    // Nobody is signed in any more: what was taken along goes.
    event.waitUntil(caches.delete(PAGES));
  }
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (away) {
    const copy = await caches.match(request.url.split("?")[0], { cacheName: PAGES });
    if (copy) return copy;
    throw away;
  }
}

// Named after their content: what is here is right for good.
async function file(request) {
  return (await caches.match(request, { cacheName: PAGES })) ?? fetch(request);
}
