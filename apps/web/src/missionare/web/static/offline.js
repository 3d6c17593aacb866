// Insights without a network: kept on this device, sent later as the form itself would, each exactly once.
//
// Every note gets its key here. Sent twice, with an answer lost in between, it is still one insight.
"use strict";

(() => {
  const SHELF = "missionare.insights";
  const PAGES = "missionare.pages";
  const AGAIN_MS = 20_000;
  const SHOWN_AS_SENT_MS = 12 * 3_600_000;

  const part = (name, within = document) => within.querySelector(`[data-device=${name}]`);
  const list = part("list");
  const form = part("form");
  const owner = (list ?? form)?.dataset.owner ?? "";

  // --- what is kept ---------------------------------------------------------------------------------------------

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(SHELF)) ?? [];
    } catch {
      return [];
    }
  }

  function keep(notes) {
    localStorage.setItem(SHELF, JSON.stringify(notes));
  }

  function change(key, changes) {
    keep(kept().map((note) => (note.key === key ? { ...note, ...changes } : note)));
  }

  function able() {
    try {
      keep(kept());
      return true;
    } catch {
      return false;
    }
  }

  // Somebody else's notes on a shared device are neither shown nor sent; old receipts go.
  function mine() {
    return kept().filter((note) => note.owner === owner && !(note.sentAt && Date.now() - note.sentAt > SHOWN_AS_SENT_MS));
  }

  const waiting = () => mine().filter((note) => note.state === "waiting");

  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // --- what is shown --------------------------------------------------------------------------------------------

  function time(moment) {
    const german = document.documentElement.lang === "de";
    const options = german ? { hour: "numeric", minute: "2-digit" } : { hour: "numeric", minute: "2-digit", hour12: true };
    const clock = new Intl.DateTimeFormat(german ? "de-DE" : "en-GB", options).format(moment);
    const today = new Date(moment).toDateString() === new Date().toDateString();
    const day = today ? "" : `${new Intl.DateTimeFormat(german ? "de-DE" : "en-GB", { weekday: "long" }).format(moment)}, `;
    return day + (german ? `${clock.replace(":", ".")} Uhr` : clock);
  }

  function row(note) {
    const shown = part(note.state, list).content.cloneNode(true);
    const texts = { kind: note.kind, stop: note.stop, text: note.fields?.text, reason: note.reason };
    for (const [name, text] of Object.entries(texts)) {
      const place = shown.querySelector(`[data-${name}]`);
      if (place) place.textContent = text ?? "";
    }
    for (const [name, moment] of [["written", note.writtenAt], ["sent", note.sentAt]]) {
      const place = shown.querySelector(`[data-${name}]`);
      if (place) {
        place.textContent = time(moment);
        place.dateTime = new Date(moment).toISOString();
      }
    }
    shown.querySelector("[data-discard]")?.addEventListener("click", ({ target }) => discard(note, target));
    return shown;
  }

  // The first press asks, the second one does it.
  function discard(note, button) {
    if (button.dataset.sure) {
      button.textContent = button.dataset.sure;
      delete button.dataset.sure;
      return;
    }
    keep(kept().filter((each) => each.key !== note.key));
    show();
  }

  function show(said) {
    if (!list) return;
    const notes = mine();
    list.hidden = notes.length === 0;
    part("notes", list).replaceChildren(...notes.map(row));
    part("send", list).hidden = waiting().length === 0;
    const status = part("status", list);
    const sentence = said ?? (waiting().length ? "waiting" : "");
    status.textContent = sentence ? status.dataset[sentence] : "";
    if (sentence === "signedOut") {
      const link = document.createElement("a");
      link.href = list.dataset.signIn;
      link.textContent = document.querySelector(".menu [href$='/sign-in']")?.textContent ?? "→";
      status.append(" ", link);
    }
  }

  // --- what is sent ---------------------------------------------------------------------------------------------

  const asPage = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  const leadsTo = (answer, path) => new URL(answer.url).pathname.endsWith(path);

  // A form is valid for some hours and one person: what has waited is sent with a fresh one.
  async function send(note) {
    const asked = await fetch(note.address, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (leadsTo(asked, "/sign-in")) return "signedOut";
    if (asked.status >= 500) return "waiting";
    const page = await asPage(asked);
    const fresh = part("form", page);
    if (!fresh) return refused(note, page.querySelector(".empty, h1")?.textContent);
    if (fresh.dataset.owner !== note.owner) return "signedOut";
    const fields = new URLSearchParams(new FormData(fresh));
    for (const [name, value] of Object.entries(note.fields)) fields.set(name, value);
    fields.set("idempotency_key", note.key);
    const answer = await fetch(note.address, { method: "POST", body: fields, headers: { Accept: "text/html" } });
    if (answer.redirected && leadsTo(answer, "/me/insights")) {
      change(note.key, { state: "sent", sentAt: Date.now(), fields: null });
      return "sent";
    }
    if (answer.status === 422) {
      const said = [...(await asPage(answer)).querySelectorAll(".errors :is(li, p)")];
      return refused(note, said.map((each) => each.textContent.trim()).join(" "));
    }
    return answer.status === 401 || leadsTo(answer, "/sign-in") ? "signedOut" : "waiting";
  }

  function refused(note, reason) {
    change(note.key, { state: "refused", reason: (reason ?? "").replace(/\s+/g, " ").trim() });
    return "refused";
  }

  let timer;

  // One window at a time sends; the others see what it did.
  function sendAll() {
    clearTimeout(timer);
    const work = async () => {
      let said;
      for (const note of waiting()) {
        try {
          said = await send(note);
        } catch {
          said = "waiting";
        }
        if (said === "waiting" || said === "signedOut") break;
      }
      show(said);
      if (waiting().length) timer = setTimeout(sendAll, AGAIN_MS);
      return said;
    };
    return navigator.locks ? navigator.locks.request(SHELF, work) : work();
  }

  // --- the form -------------------------------------------------------------------------------------------------

  let busy = false;

  async function note(event) {
    if (busy) return event.preventDefault();
    if (!form.checkValidity()) {
      // The server says it better; without a network the browser has to.
      if (navigator.onLine) return undefined;
      event.preventDefault();
      return form.reportValidity();
    }
    event.preventDefault();
    busy = true;
    const given = new FormData(form);
    const fields = Object.fromEntries(["kind", "text", "topic", "audience"].map((name) => [name, given.get(name)]));
    const written = {
      key: newKey(),
      owner,
      address: form.getAttribute("action"),
      stop: form.dataset.stop,
      kind: form.elements.kind.selectedOptions[0].textContent,
      fields,
      state: "waiting",
      writtenAt: Date.now(),
    };
    keep([...kept(), written]);
    form.reset();
    const said = await sendAll();
    busy = false;
    if (said === "sent" && waiting().length === 0) return location.assign(form.dataset.then);
    return list?.scrollIntoView({ block: "nearest" });
  }

  // --- pages where there is no network ---------------------------------------------------------------------------

  // The copy shows no text of others: a host may take one back while this device is away.
  async function takeAlong() {
    const cache = await caches.open(PAGES);
    const loaded = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], link[rel=preload], script[src]")];
    for (const address of loaded.map((each) => each.href || each.src)) {
      if (!(await cache.match(address))) await cache.add(address);
    }
    const stops = [...document.querySelectorAll("a[data-offline]")].map((link) => link.href);
    if (form) stops.push(new URL(form.action).href);
    for (const address of new Set(stops)) {
      const answer = await fetch(`${address}?alone=yes`, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) await cache.put(address, answer);
    }
  }

  if ("serviceWorker" in navigator && "caches" in window) {
    navigator.serviceWorker.register("/worker.js").then(takeAlong).catch(() => {});
  }

  if (!owner || !able()) return;
  keep(kept().filter((each) => !(each.sentAt && Date.now() - each.sentAt > SHOWN_AS_SENT_MS)));
  show();
  if (form) {
    form.addEventListener("submit", note);
    const promise = part("able");
    if (promise) promise.hidden = false;
  }
  part("send", list ?? document)?.addEventListener("click", sendAll);
  addEventListener("online", sendAll);
  addEventListener("storage", () => show());
  document.addEventListener("visibilitychange", () => document.hidden || sendAll());
  if (waiting().length) sendAll();
})();
