// Keeps the first page as a reload would show it. The server sends the HTML of what changed; nothing here makes HTML of its own.
const rows = document.getElementById("rows");
const counters = document.getElementById("counters");
const news = document.getElementById("news");
const link = document.getElementById("link");
const sound = document.getElementById("sound");
const title = document.title;
let unseen = 0;

sound.checked = localStorage.getItem("sound") === "on";
sound.addEventListener("change", () => localStorage.setItem("sound", sound.checked ? "on" : "off"));

function chime() {
  if (!sound.checked) return;
  const audio = new AudioContext();
  [880, 1174.7].forEach((pitch, at) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + at * 0.16;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  });
}

function badge(fresh) {
  if (fresh === 0 || document.visibilityState === "visible" && document.hasFocus()) return;
  unseen += fresh;
  document.title = `(${unseen}) ${title}`;
}

function seen() {
  unseen = 0;
  document.title = title;
}
addEventListener("focus", seen);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && seen());

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = `<table><tbody>${html}</tbody></table>`;
  return [...template.content.querySelectorAll("tr[data-number]")];
}

// Row by row, so that what somebody is reading or has the focus on stays where it is.
function showRows(html) {
  const known = new Map([...rows.children].map((row) => [row.dataset.number, row]));
  const wanted = parsed(html);
  const focused = document.activeElement?.closest?.("tr[data-number]")?.dataset.number;
  let fresh = 0;
  let arrived = 0;
  wanted.forEach((row, at) => {
    const old = known.get(row.dataset.number);
    known.delete(row.dataset.number);
    if (old && old.innerHTML === row.innerHTML && old.className.replace(/ ?(fresh|chosen)/g, "") === row.className) {
      if (rows.children[at] !== old) rows.insertBefore(old, rows.children[at] ?? null);
      return;
    }
    if (old) {
      if (old.classList.contains("chosen")) row.classList.add("chosen");
      old.remove();
    } else {
      row.classList.add("fresh");
      fresh += 1;
      // What we sent is no news: no sound, no badge.
      if (row.dataset.direction !== "outgoing") arrived += 1;
    }
    rows.insertBefore(row, rows.children[at] ?? null);
  });
  known.forEach((row) => row.remove());
  if (focused) rows.querySelector(`tr[data-number="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  document.getElementById("empty")?.remove();
  return { fresh, arrived };
}

let first = true;
const source = new EventSource("/events");
source.addEventListener("open", () => { link.textContent = link.dataset.on; link.classList.remove("off"); });
source.addEventListener("error", () => { link.textContent = link.dataset.off; link.classList.add("off"); });
source.addEventListener("counters", (event) => { counters.innerHTML = event.data; });
source.addEventListener("rows", (event) => {
  const { fresh, arrived } = showRows(event.data);
  if (arrived > 0 && !(first && rows.children.length === fresh)) {
    news.textContent = `${arrived} ${news.dataset.new}`;
    badge(arrived);
    chime();
  }
  first = false;
});
