// A keypad for gloves; a keyboard does as well.
const pin = document.getElementById("pin");
const keys = document.querySelector(".keys");
keys.hidden = false;
keys.addEventListener("click", (event) => {
  const key = event.target.dataset.key;
  if (key === undefined) return;
  pin.value = key === "" ? pin.value.slice(0, -1) : (pin.value + key).slice(0, pin.maxLength);
});
// Who has chosen a name types a PIN next.
for (const name of document.querySelectorAll(".names input")) name.addEventListener("change", () => pin.focus());
