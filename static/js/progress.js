// How far long work is, without pressing "Look again": the page is fetched anew and its state put in place.

const PAUSE = 1500;
const SLOWEST = 15000;
let pause = PAUSE;

async function look() {
  const shown = document.querySelector("[data-progress]");
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!response.ok || response.redirected) throw new Error(response.status);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("[data-progress]");
    // The same words are not said twice by a screen reader.
    if (fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
    pause = PAUSE;
    if (fresh.dataset.progress === "finished") {
      for (const part of document.querySelectorAll("[data-while-open]")) part.remove();
      return;
    }
  } catch {
    pause = Math.min(pause * 2, SLOWEST);
  }
  setTimeout(look, pause);
}

setTimeout(look, pause);
