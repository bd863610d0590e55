// What is here is convenience: every view reads, and every filter works, without it.
"use strict";

// Rows of the page that one sees are hidden while one types; Enter asks the server for all of them.
const input = document.querySelector("input[data-filter]");
if (input) {
  const rows = [...document.querySelectorAll("tr[data-row]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
    });
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}

// A filter leaves out of the URL what it does not ask for.
for (const form of document.querySelectorAll("form.filter")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) {
      if (value === "") event.formData.delete(name);
    }
  });
  for (const select of form.querySelectorAll("select[data-submit]")) {
    select.addEventListener("change", () => form.requestSubmit());
  }
}
