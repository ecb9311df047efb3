// Lists with boxes to tick: how many are ticked stands on the button, and one box ticks all on the page.
for (const form of document.querySelectorAll("form[data-chosen]")) {
  const boxes = [...form.querySelectorAll('input[name="who"]')];
  const all = form.querySelector("[data-all]");
  const every = all.querySelector("input");
  const count = form.querySelector("[data-count]");

  const update = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    count.textContent = ticked > 0 ? ` (${ticked})` : "";
    every.checked = ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  };

  all.hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
  });
  form.addEventListener("change", update);
  window.addEventListener("pageshow", update);
  update();
}
