// The moment under the pointer, in words under the drawing. Without this the page says all the same.
const lanes = document.querySelector(".lanes");
if (lanes) {
  const data = JSON.parse(document.getElementById("data").textContent);
  const [each, acknowledged, read, refused, unsure, ms] = data.words;
  const behind = lanes.querySelector(".behind");
  const cursor = lanes.querySelector(".cursor");
  const output = document.querySelector("figcaption output");
  const at = (list, time) => list.filter(([from, to]) => from <= time && time < to);
  const clock = (time) => Math.floor(time / 60) + ":" + (time % 60).toFixed(1).padStart(4, "0");
  lanes.addEventListener("pointermove", (event) => {
    const box = behind.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    cursor.hidden = part < 0 || part > 1;
    if (cursor.hidden) return;
    cursor.style.left = event.clientX - lanes.getBoundingClientRect().left + "px";
    const time = part * data.end;
    const words = [clock(time), ...at(data.phases, time).map((phase) => phase[2])];
    for (const [, , [yes, no, unknown, reads], latency] of at(data.slices, time).slice(0, 1)) {
      words.push(`${yes}${each} ${acknowledged}`, `${reads}${each} ${read}`);
      if (no) words.push(`${no}${each} ${refused}`);
      if (unknown) words.push(`${unknown}${each} ${unsure}`);
      if (latency !== null) words.push(`${latency.toPrecision(2)} ${ms}`);
    }
    words.push(...at(data.roles, time).map(([, , node, role]) => `${node} ${role}`));
    output.textContent = words.join(" · ");
  });
  lanes.addEventListener("pointerleave", () => { cursor.hidden = true; output.textContent = "\u00a0"; });
}
