// Puts what the station sends on the page, and says so when it sends nothing: a verdict must never be an old one.
const SILENCE = 6000; // ms; three signs of life are missing by then
const PICTURE = 400; // ms from one live picture to the next
const VERDICTS = ["pass", "reject", "unsure"];
const screen = document.getElementById("screen");
const board = document.getElementById("board");
const lost = document.getElementById("lost");
const picture = document.getElementById("picture");
const bench = document.getElementById("bench");
let heard = Date.now();

const source = new EventSource("/live");
source.addEventListener("board", (event) => {
  hear();
  put(board, JSON.parse(event.data)); // written and escaped by the station
  const mode = board.querySelector("#top").dataset.mode;
  if (mode !== screen.dataset.mode && VERDICTS.includes(mode)) sound(mode);
  screen.dataset.mode = mode;
  document.title = board.querySelector(".state b").textContent;
});
source.addEventListener("bench", (event) => put(bench, JSON.parse(event.data)));
source.addEventListener("beat", hear);
source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) location.reload(); });
setInterval(() => { if (Date.now() - heard > SILENCE) lost.hidden = false; }, 500);

function hear() {
  heard = Date.now();
  lost.hidden = true;
}

// Parts of the page that are as they were are left alone: no picture flickers, and nothing is said twice.
function put(place, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const part of fresh.content.children) {
    const old = document.getElementById(part.id);
    if (!old || !place.contains(old)) { place.replaceChildren(fresh.content); return; }
    if (old.isEqualNode(part)) continue;
    for (const { name, value } of part.attributes) old.setAttribute(name, value);
    for (const item of part.querySelectorAll("[data-key]")) {
      const same = old.querySelector(`[data-key="${item.dataset.key}"]`);
      if (same && same.isEqualNode(item)) item.replaceWith(same);
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.value : null;
    old.replaceChildren(...part.childNodes);
    if (focused) [...old.querySelectorAll("button")].find((button) => button.value === focused)?.focus();
  }
}

function hide(image) { // a picture that is kept no more; what is put on the page anew asks for it again
  if (image.tagName === "IMG" && image !== picture) image.style.visibility = "hidden";
}
document.addEventListener("error", (event) => hide(event.target), true);
[...document.images].filter((image) => image.complete && !image.naturalWidth).forEach(hide); // before this script came

// A scanner types, wherever the page is: what comes without a field to go into is a work order.
const scan = document.getElementById("scanner");
const STILL = 8000; // ms without a key after which what was typed is forgotten
let forgotten;
document.addEventListener("keydown", (event) => {
  const isTyped = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (!scan || event.target.closest("input, select, textarea") || !isTyped) return;
  scan.hidden = false;
  scan.elements.work_order.focus(); // the key goes there
});
scan?.addEventListener("keydown", (event) => {
  clearTimeout(forgotten);
  forgotten = setTimeout(forget, STILL);
  if (event.key === "Escape") forget();
});
function forget() {
  scan.elements.work_order.blur(); // a hidden field would keep the focus until the next frame is drawn, and swallow a key
  scan.reset();
  scan.hidden = true;
}

function again() {
  setTimeout(() => { picture.src = `/live.jpg?${Date.now()}`; }, PICTURE);
}
picture.addEventListener("load", () => { picture.hidden = false; again(); });
picture.addEventListener("error", () => { picture.hidden = true; again(); });
if (picture.complete) again();

// The panel of the simulated bench is sent without leaving the page.
bench?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new URLSearchParams(new FormData(event.target, event.submitter));
  fetch(event.target.action, { method: "POST", body: form });
});
