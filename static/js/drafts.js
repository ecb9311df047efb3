// What is typed into a long form survives a lost connection, an ended session and a closed tab: it is kept in this
// browser, for this organizer and address, until the server says that it was saved (`data-saved`).

const PREFIX = "juhui-draft:";
const DAYS_KEPT = 7;
const PAUSE = 400;

const keyOf = (organizer, path) => `${PREFIX}${organizer}:${path}`;

function stored(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Date.now() - draft.at < DAYS_KEPT * 86_400_000 ? draft.fields : null;
  } catch {
    return null; // storage is off, or holds something else
  }
}

function store(key, fields) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
  } catch {
    // full or off: the form still works
  }
}

function forget(test) {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX) && test(key)) localStorage.removeItem(key);
  } catch {
    // as above
  }
}

// Each field by name, with all its values in order; files cannot be put back.
function fieldsOf(form) {
  const fields = {};
  for (const element of form.elements) {
    if (!element.name || ["file", "submit", "button", "password"].includes(element.type)) continue;
    const box = element.type === "checkbox" || element.type === "radio";
    (fields[element.name] ??= []).push(box ? element.checked : element.value);
  }
  return fields;
}

function putBack(form, fields) {
  const turn = {};
  for (const element of form.elements) {
    if (!element.name || !(element.name in fields)) continue;
    const value = fields[element.name][turn[element.name] = (turn[element.name] ?? -1) + 1];
    if (value === undefined) continue;
    if (typeof value === "boolean") element.checked = value;
    else element.value = value;
  }
}

function offer(form, key, before) {
  const note = document.createElement("div");
  note.className = "notice";
  note.setAttribute("role", "status");
  const text = document.createElement("p");
  text.textContent = `${form.dataset.keepNote} `;
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "button is-quiet is-small";
  discard.textContent = form.dataset.keepDiscard;
  discard.addEventListener("click", () => {
    putBack(form, before);
    forget((each) => each === key);
    note.remove();
  });
  text.append(discard);
  note.append(text);
  form.prepend(note);
}

// What was saved need not be kept; `data-saved` names the address of its form, empty for this one.
for (const saved of document.querySelectorAll("[data-saved]")) {
  const path = saved.dataset.saved || location.pathname;
  forget((key) => key.endsWith(`:${path}`));
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const path = new URL(form.action).pathname;
  const key = keyOf(form.dataset.keep, path);
  const before = fieldsOf(form);
  const draft = stored(key);
  // A page that answers this form shows what was sent, with what is wrong with it or one row more: it knows better.
  const isAnswer = form.dataset.keepSent === path;
  if (draft && !isAnswer && JSON.stringify(draft) !== JSON.stringify(before)) {
    putBack(form, draft);
    offer(form, key, before);
  }
  let waiting;
  const keep = () => store(key, fieldsOf(form));
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(keep, PAUSE); });
  form.addEventListener("submit", () => { clearTimeout(waiting); keep(); });
}
// Whoever signs out leaves nothing behind.
document.querySelector("form.sign-out")?.addEventListener("submit", () => forget(() => true));
