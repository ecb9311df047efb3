// Comfort while writing: a preview beside a Markdown text, and parts of a form that matter for some choices only.

for (const area of document.querySelectorAll("form[data-preview] textarea[data-markdown]")) {
  const { preview, previewLabel, writeLabel } = area.form.dataset;
  const shown = document.createElement("div");
  shown.className = "preview";
  shown.lang = area.lang;
  shown.hidden = true;
  shown.tabIndex = -1;
  shown.setAttribute("aria-live", "polite");
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "button is-quiet is-small";
  toggle.textContent = previewLabel;
  toggle.setAttribute("aria-expanded", "false");
  area.after(shown, toggle);
  toggle.addEventListener("click", async () => {
    if (shown.hidden) {
      try {
        const answer = await fetch(preview, { method: "POST", body: new URLSearchParams({ text: area.value }) });
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        shown.innerHTML = await answer.text(); // cleaned by the server, as on the page itself
      } catch {
        return; // no connection: go on writing
      }
    }
    shown.hidden = !shown.hidden;
    area.hidden = !shown.hidden;
    toggle.textContent = shown.hidden ? previewLabel : writeLabel;
    toggle.setAttribute("aria-expanded", String(!shown.hidden));
    if (shown.hidden) area.focus();
  });
}
// The button that does the same by a page is for those without scripts.
for (const row of document.querySelectorAll("[data-without-script]")) row.hidden = true;

// `data-only-when="repeat" data-is="weekly monthly"`: shown while the field `repeat` has one of these values.
for (const part of document.querySelectorAll("[data-only-when]")) {
  const form = part.closest("form");
  const follow = () => {
    part.hidden = !part.dataset.is.split(" ").includes(new FormData(form).get(part.dataset.onlyWhen));
  };
  form.addEventListener("change", follow);
  follow();
}
