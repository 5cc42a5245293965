// A tone for each verdict. No browser lets a page sound before it was touched once, so nothing is made before that.
const TONES = { // [Hz, seconds from the beginning, seconds long, shape]
  pass: [[660, 0, 0.12, "sine"], [990, 0.12, 0.22, "sine"]], // rises
  reject: [[220, 0, 0.28, "square"], [165, 0.3, 0.45, "square"]], // low, falls
  unsure: [[523, 0, 0.14, "triangle"], [523, 0.22, 0.14, "triangle"], [523, 0.44, 0.14, "triangle"]], // three alike
};
const LOUD = { sine: 0.5, square: 0.18, triangle: 0.5 };
const button = document.getElementById("sound");
let context = null;

const isMuted = () => localStorage.getItem("muted") === "yes";

function show() {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(!isMuted()));
}

function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

function sound(verdict) {
  document.documentElement.dataset.tone = context && !isMuted() ? verdict : "";
  if (!context || isMuted()) return;
  for (const [frequency, begin, length, shape] of TONES[verdict]) {
    const at = context.currentTime + begin;
    const tone = context.createOscillator();
    const loud = context.createGain();
    tone.type = shape;
    tone.frequency.value = frequency;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(LOUD[shape], at + 0.01);
    loud.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(loud).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}

document.addEventListener("pointerdown", wake);
document.addEventListener("keydown", wake);
button.addEventListener("click", () => {
  localStorage.setItem("muted", isMuted() ? "no" : "yes");
  show();
  if (!isMuted()) sound("pass");
});
show();
