// Shows how far something is that takes its time, and what came of it once it is over.
const bar = document.getElementById("bar");
const step = document.getElementById("step");

async function look() {
  const answer = await fetch(bar.dataset.asks).catch(() => null);
  if (answer && !answer.ok) { location.reload(); return; }
  const now = answer && (await answer.json());
  if (now && !now.is_running) { location.reload(); return; }
  if (now) {
    step.textContent = now.step;
    if (now.total) { bar.max = now.total; bar.value = now.done; } else bar.removeAttribute("value");
  }
  setTimeout(look, 500);
}
look();
