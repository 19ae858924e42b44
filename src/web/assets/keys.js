// From row to row by keyboard, as a mail program does it. Nothing here is needed to use a page.
const help = document.getElementById("keys");

function lines() {
  return [...document.querySelectorAll("tr[data-number]")];
}

function choose(step) {
  const all = lines();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.classList.contains("chosen"));
  const next = Math.min(Math.max(at === -1 ? 0 : at + step, 0), all.length - 1);
  all.forEach((row, place) => row.classList.toggle("chosen", place === next));
  all[next].querySelector("a")?.focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, dialog[open]")) return;
  switch (event.key) {
    case "j": choose(1); break;
    case "k": choose(-1); break;
    case "g": location.assign("/"); break;
    case "/": document.getElementById("find")?.focus(); break;
    case "?": help?.showModal(); break;
    case "Enter": {
      if (event.target.closest("a, button, summary")) return;
      const chosen = document.querySelector("tr.chosen a");
      if (!chosen) return;
      chosen.click();
      break;
    }
    default: return;
  }
  event.preventDefault();
});

// A row is one large target for the mouse; its link stays the link.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-number]");
  if (!row || event.target.closest("a, button, input, label, summary") || getSelection()?.toString()) return;
  row.querySelector("a")?.click();
});

document.querySelectorAll("button[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
