// Comfort on the event page; without it nothing is missing.

// "Copy address": shown only where it can work.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const source = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      return; // the browser asked, and the reader said no
    }
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// A menu closes on Escape and on a click elsewhere.
for (const menu of document.querySelectorAll("[data-menu]")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// Readers in another zone see their own time beside the event's.
for (const place of document.querySelectorAll("[data-local-time]")) {
  const times = [...place.querySelectorAll("time")].map((time) => time.dateTime);
  if (times.length === 0) continue;
  const here = times.map((text) => new Date(text));
  const offset = -here[0].getTimezoneOffset();
  const there = /([+-])(\d\d):(\d\d)$/.exec(times[0]);
  if (!there || offset === Number(`${there[1]}1`) * (Number(there[2]) * 60 + Number(there[3]))) continue;
  const language = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
  const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const words = new Intl.DateTimeFormat(language, { month: "long", day: "numeric", ...hours });
  const isOneDay = here.length > 1 && here[0].toDateString() === here[1].toDateString();
  const ends = isOneDay ? new Intl.DateTimeFormat(language, hours) : words;
  const own = document.createElement("span");
  own.className = "soft";
  own.textContent = `${place.dataset.label}${words.format(here[0])}${here.length > 1 ? `–${ends.format(here[1])}` : ""}`;
  place.parentElement.append(document.createElement("br"), own);
}
