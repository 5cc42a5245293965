// Live pictures and the figures of the newest one.
const EVERY = 500; // ms
const figures = document.getElementById("figures");

for (const picture of document.querySelectorAll("img.live")) {
  const address = picture.getAttribute("src");
  const again = () => setTimeout(() => { picture.src = `${address}${address.includes("?") ? "&" : "?"}at=${Date.now()}`; }, EVERY);
  picture.addEventListener("load", again);
  picture.addEventListener("error", again);
  if (picture.complete) again();
}

async function look() {
  const answer = document.hidden ? null : await fetch("/camera/now").catch(() => null);
  if (answer && answer.ok) figures.innerHTML = await answer.text(); // written and escaped by the station
  setTimeout(look, EVERY);
}
setTimeout(look, EVERY);
