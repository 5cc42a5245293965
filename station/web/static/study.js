// Sees that the piece which is asked for was laid and judged, and has it taken into the study.
const form = document.getElementById("take");
const again = document.getElementById("again");

async function look() {
  const answer = await fetch(`/study/now?name=${encodeURIComponent(form.dataset.name)}`).catch(() => null);
  const now = answer && answer.ok && (await answer.json());
  if (answer && !answer.ok) { location.reload(); return; }
  if (now && (now.number !== Number(form.elements.number.value) || now.unverified !== ("unverified" in form.dataset))) { location.reload(); return; }
  if (now && now.is_there) { form.requestSubmit(); return; }
  if (now && again) {
    again.textContent = now.again;
    again.hidden = !now.again;
  }
  setTimeout(look, 500);
}
look();
