// Columns of a file, moved by buttons; the numbers beside them say the order, without this as with it.

const list = document.querySelector("[data-columns]");
const live = list?.parentElement.querySelector("[data-live]");
const rows = () => [...list.children];
const placeOf = (row) => row.querySelector(".place");

function number() {
  const all = rows();
  all.forEach((row, index) => {
    placeOf(row).value = index + 1;
    const [up, down] = row.querySelectorAll("[data-by]");
    // Not disabled: a button that is pressed again and again must not lose the focus at the end of the list.
    up.setAttribute("aria-disabled", index === 0);
    down.setAttribute("aria-disabled", index === all.length - 1);
  });
}

function say(row) {
  const words = list.dataset.said;
  live.textContent = words.replace("{name}", row.dataset.name).replace("{place}", placeOf(row).value);
}

function move(row, by) {
  const beside = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!beside) return;
  if (by < 0) beside.before(row);
  else beside.after(row);
  number();
  say(row);
}

// A number that was typed: the row goes there, and the numbers of the others follow.
function place(row) {
  const wanted = Number.parseInt(placeOf(row).value, 10);
  if (!Number.isFinite(wanted)) {
    number();
    return;
  }
  const others = rows().filter((other) => other !== row);
  const next = others[Math.max(0, wanted - 1)];
  if (next) next.before(row);
  else list.append(row);
  number();
  say(row);
}

if (list) {
  for (const row of rows()) {
    row.querySelector(".moves").hidden = false;
    for (const button of row.querySelectorAll("[data-by]")) {
      button.addEventListener("click", () => {
        move(row, Number(button.dataset.by));
        button.focus();
      });
    }
    placeOf(row).addEventListener("change", () => place(row));
  }
  number();
}
