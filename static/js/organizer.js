// Keys on the organizers' pages: `/` goes to the search box, `?` shows the keys. Without it nothing is missing.
// Single keys can be switched off (WCAG 2.1.4), on the keyboard page; kept in this browser.

const NAME = "juhui-keys";
const box = document.querySelector("[data-search-box]");
const dialog = document.querySelector("[data-keys]");

// Where the browser allows no storage the keys stay on.
function areOn() {
  try {
    return localStorage.getItem(NAME) !== "off";
  } catch {
    return true;
  }
}

function isTyping(element) {
  return element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === box) {
    box.blur();
    return;
  }
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!areOn() || dialog?.open || isTyping(event.target)) return;
  if (event.key === "/" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "?" && dialog) {
    event.preventDefault();
    dialog.showModal();
  }
});

// A click beside the dialog closes it.
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

const choice = document.querySelector("[data-keys-choice]");
if (choice) {
  const tick = choice.querySelector("input");
  choice.hidden = false;
  tick.checked = areOn();
  tick.addEventListener("change", () => {
    try {
      localStorage.setItem(NAME, tick.checked ? "on" : "off");
    } catch {
      tick.checked = true;
    }
  });
}
