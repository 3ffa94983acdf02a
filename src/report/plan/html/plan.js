// Finds and unfolds. Without this the page says all the same.
const form = document.querySelector(".find");
if (form) {
  const [input, button, output] = ["input", "button", "output"].map((name) => form.querySelector(name));
  const tasks = [...document.querySelectorAll("details.task")].map((fold) => {
    const row = document.querySelector(`tr[data-task="${fold.id}"]`);
    return { fold, row, text: fold.textContent.toLowerCase() };
  });
  const find = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { fold, row, text } of tasks) {
      const fits = words.every((word) => text.includes(word));
      fold.hidden = row.hidden = !fits;
      found += fits;
    }
    for (const body of document.querySelectorAll("#grid tbody")) body.hidden = !body.querySelector("tr[data-task]:not([hidden])");
    output.textContent = words.length ? `${found} of ${tasks.length}` : "";
  };
  const unfold = (open) => tasks.forEach(({ fold }) => { fold.open = open; });
  const target = () => {
    const fold = document.getElementById(location.hash.slice(1));
    if (fold instanceof HTMLDetailsElement) fold.open = true;
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", find);
  button.addEventListener("click", () => {
    const open = button.textContent === "Unfold all";
    unfold(open);
    button.textContent = open ? "Fold all" : "Unfold all";
  });
  addEventListener("hashchange", target);
  addEventListener("beforeprint", () => unfold(true));
  target();
  find();
}
