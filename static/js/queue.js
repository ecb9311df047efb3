// The list of sign-ups that wait for a decision, by keys: j and k or the arrows move, x ticks, a approves, d declines.
// Approving posts the form that the page of the decision has; declining opens that page, where the words are written.
// Single keys can be switched off (WCAG 2.1.4), with the others, on the page of the shortcuts.

const list = document.querySelector("[data-queue]");
const lines = [...list.querySelectorAll("[data-person]")];
const approval = document.querySelector("[data-queue-approval]");

function areOn() {
  try {
    return localStorage.getItem("juhui-keys") !== "off";
  } catch {
    return true;
  }
}

const boxOf = (line) => line.querySelector('input[name="who"]');
const present = () => lines.findIndex((line) => line.contains(document.activeElement));

function move(step) {
  const at = present();
  const next = at < 0 ? (step > 0 ? 0 : lines.length - 1) : at + step;
  const line = lines[Math.min(Math.max(next, 0), lines.length - 1)];
  boxOf(line).focus();
  line.scrollIntoView({ block: "nearest" });
}

// Those ticked, else the one that the keys are at.
function chosen() {
  const ticked = lines.map(boxOf).filter((box) => box.checked);
  if (ticked.length > 0) return ticked;
  return present() < 0 ? [] : [boxOf(lines[present()])];
}

function approve() {
  const who = chosen();
  if (who.length === 0) return;
  for (const box of who) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "who", value: box.value });
    approval.append(field);
  }
  approval.requestSubmit();
}

function decide() {
  const who = chosen();
  if (who.length === 0) return;
  for (const box of who) box.checked = true;
  list.closest("form").requestSubmit();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  x: () => present() >= 0 && boxOf(lines[present()]).click(),
  a: approve,
  d: decide,
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!areOn() || document.querySelector("dialog[open]")) return;
  // Typing, or choosing from a list: the keys belong to the field. A tick box takes none of them.
  if (event.target.isContentEditable || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  // Outside of the list the arrows scroll the page, as everywhere.
  const arrows = present() < 0 ? {} : { ArrowDown: keys.j, ArrowUp: keys.k };
  const act = { ...keys, ...arrows }[event.key];
  if (typeof act !== "function" || event.key.length > 1 && !(event.key in arrows)) return;
  event.preventDefault();
  act();
});
