// Parts of a form that count only after a certain answer: shown and hidden at once. Without this all are there, each
// with a line that says when it counts.
for (const form of document.querySelectorAll("form")) {
  const parts = [...form.querySelectorAll("[data-shown-when], [data-shown-unless]")];
  if (parts.length === 0) continue;

  const answers = (name) => [...form.elements]
    .filter((field) => field.name === name && (field.checked || !["checkbox", "radio"].includes(field.type)))
    .filter((field) => !field.closest("[data-shown-when][hidden]"))
    .map((field) => field.value);

  const counts = ({ shownWhen, shownUnless, value }) => (shownUnless
    ? answers(shownUnless).length === 0
    : answers(shownWhen).some((answer) => value.split(" ").includes(answer)));

  // In the order of the page, since one may hang on another.
  const update = () => {
    for (const part of parts) part.hidden = !counts(part.dataset);
  };

  for (const line of form.querySelectorAll("[data-condition]")) line.hidden = true;
  form.addEventListener("change", update);
  // What the browser filled in again after "back".
  window.addEventListener("pageshow", update);
  update();
}
