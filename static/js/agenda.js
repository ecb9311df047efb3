// Dragging items of the agenda to another place. The buttons up and down do the same, with the keyboard and without this.

const agenda = document.querySelector("[data-agenda]");
const items = [...(agenda?.querySelectorAll("[data-place]") ?? [])];
const live = agenda?.querySelector("[data-live]");
let dragged = null;
let said = "";

function clear() {
  for (const item of items) item.classList.remove("is-over-before", "is-over-after", "is-dragged");
}

// Where the dragged item would come to stand, counted without itself.
function placeAt(item, event) {
  const box = item.getBoundingClientRect();
  const isAfter = event.clientY > box.top + box.height / 2;
  const place = Number(item.dataset.place) + (isAfter ? 1 : 0);
  return { isAfter, place: place > Number(dragged.dataset.place) ? place - 1 : place };
}

function say(place) {
  const words = agenda.dataset.said.replace("{place}", place + 1).replace("{count}", items.length);
  if (words !== said) live.textContent = said = words;
}

for (const item of items) {
  item.draggable = true;
  item.addEventListener("dragstart", (event) => {
    dragged = item;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    item.classList.add("is-dragged");
  });
  item.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const { isAfter, place } = placeAt(item, event);
    clear();
    dragged.classList.add("is-dragged");
    item.classList.add(isAfter ? "is-over-after" : "is-over-before");
    say(place);
  });
  item.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const { place } = placeAt(item, event);
    if (place === Number(dragged.dataset.place)) return;
    const form = dragged.querySelector("[data-move]");
    const to = document.createElement("input");
    to.type = "hidden";
    to.name = "to";
    to.value = place;
    form.append(to);
    form.submit();
  });
  item.addEventListener("dragend", () => {
    dragged = null;
    clear();
  });
}
