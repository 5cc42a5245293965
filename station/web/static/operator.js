// Puts what the station sends on the page, and says so when it sends nothing: a verdict must never be an old one.
const SILENCE = 6000; // ms; three signs of life are missing by then
const PICTURE = 400; // ms from one live picture to the next
const screen = document.getElementById("screen");
const board = document.getElementById("board");
const lost = document.getElementById("lost");
const picture = document.getElementById("picture");
let heard = Date.now();

const source = new EventSource("/live");
source.addEventListener("board", (event) => {
  hear();
  board.innerHTML = JSON.parse(event.data); // written and escaped by the station
  screen.dataset.mode = board.querySelector("header").dataset.mode;
  document.title = screen.dataset.mode;
});
source.addEventListener("beat", hear);
source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) location.reload(); });
setInterval(() => { if (Date.now() - heard > SILENCE) lost.hidden = false; }, 500);

function hear() {
  heard = Date.now();
  lost.hidden = true;
}

function again() {
  setTimeout(() => { picture.src = `/live.jpg?${Date.now()}`; }, PICTURE);
}
picture.addEventListener("load", () => { picture.hidden = false; again(); });
picture.addEventListener("error", () => { picture.hidden = true; again(); });
if (picture.complete) again();
