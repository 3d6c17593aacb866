// Shows what arrives while the page is open. Without this the page is whole, and renewed by loading it again.
"use strict";

const hint = document.getElementById("renewal");
const spoken = document.getElementById("spoken");

/** Puts each part that has changed in the place of the one before; entries of the list are tinted for a moment. */
function renew(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("#strands, #arrived, #log > li")) {
    const old = document.getElementById(part.id);
    if (old === null || old.outerHTML === part.outerHTML) continue;
    const again = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const put = document.importNode(part, true);
    if (put.localName === "li") put.classList.add("new");
    old.replaceWith(put);
    if (again !== null) put.querySelector(`[href="${CSS.escape(again)}"]`)?.focus();
  }
  spoken.textContent = fresh.getElementById("arrived").textContent;
}

if (hint !== null) {
  const source = new EventSource(hint.dataset.live);
  source.addEventListener("open", () => { hint.textContent = hint.dataset.on; });
  source.addEventListener("error", () => {
    // A connection that ends after its time is taken up again at once: that is worth no words.
    setTimeout(() => { if (source.readyState !== EventSource.OPEN) hint.textContent = hint.dataset.off; }, 3000);
  });
  source.addEventListener("arrived", (event) => { renew(event.data); });
  addEventListener("pagehide", () => { source.close(); });
}
