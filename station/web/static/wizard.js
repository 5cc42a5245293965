// Shows the wizard as it is now: the live number a few times a second, another instruction as soon as there is one.
// Asking is the sign of life that keeps the line halted; a page that nobody sees asks for nothing.
const EVERY = 400; // ms
const SILENCE = 4000; // ms
const wizard = document.getElementById("wizard");
const lost = document.getElementById("lost");
let heard = Date.now();

async function look() {
  const mark = wizard.querySelector(".lead").dataset.mark;
  const answer = document.hidden ? null : await fetch(`/calibrate/now?mark=${encodeURIComponent(mark)}`).catch(() => null);
  if (answer && [401, 403].includes(answer.status)) { location.reload(); return; }
  if (answer && answer.ok) {
    const now = await answer.json();
    if (now.is_over) { location.reload(); return; }
    heard = Date.now();
    if (now.html) { wizard.innerHTML = now.html; watch(); } // written and escaped by the station
    document.getElementById("live").innerHTML = now.live;
  }
  lost.hidden = document.hidden || Date.now() - heard < SILENCE;
  setTimeout(look, EVERY);
}

function watch() {
  for (const picture of wizard.querySelectorAll("img.live")) {
    const address = picture.getAttribute("src");
    const next = () => {
      if (picture.isConnected) picture.src = `${address}${address.includes("?") ? "&" : "?"}at=${Date.now()}`;
    };
    picture.addEventListener("load", () => setTimeout(next, EVERY));
    picture.addEventListener("error", () => setTimeout(next, EVERY));
    next(); // at once: under its bare address the browser may remember an old one
  }
}

// A touch counts once; what it was about is told by the number of the instruction.
wizard.addEventListener("submit", (event) => {
  setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
});
watch();
setTimeout(look, EVERY);
