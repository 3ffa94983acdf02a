// Runs beside the page, which is shown in a frame, and says what is wrong with it.
function measure(frame) {
  const page = frame.contentDocument;
  const view = frame.contentWindow;
  const wrong = [];
  const all = (selector, within = page) => [...within.querySelectorAll(selector)];
  const box = (element) => element.getBoundingClientRect();
  const shown = (element) => element.checkVisibility() && box(element).width > 0;
  const name = (element) => `${element.tagName}.${element.className.baseVal ?? element.className} "${element.textContent.trim().slice(0, 40)}"`;
  const slack = 1.01;

  // Nothing makes the page wider than the window.
  const root = page.documentElement;
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);

  // What is drawn stays in its lane.
  for (const plot of all(".plot")) {
    const lane = box(plot);
    for (const part of all(".phase, .letter, .mark, .gap, .words, .band, .writable, .both, svg, .axis span", plot).filter(shown)) {
      const { left, right } = box(part);
      if (left < lane.left - slack || right > lane.right + slack) wrong.push(`leaves its lane: ${name(part)} ${left}..${right} in ${lane.left}..${lane.right}`);
    }
    for (const svg of all("svg", plot)) {
      for (const path of all("path", svg).filter((path) => path.getAttribute("d"))) {
        const { x, y, width, height } = path.getBBox();
        const { width: most, height: tall } = svg.viewBox.baseVal;
        if (x < -0.1 || y < -0.1 || x + width > most + 0.1 || y + height > tall + 0.1) wrong.push(`leaves its drawing: ${name(path)} ${x} ${y} ${width} ${height}`);
      }
    }
    // Of one kind none covers another.
    for (const kind of [".phase", ".letter", ".mark", ".words", ".band", ".writable", ".axis .plot > span"]) {
      const parts = all(kind, plot.parentElement.parentElement).filter((part) => part.closest(".plot") === plot && shown(part));
      parts.forEach((one, index) => parts.slice(index + 1).forEach((other) => {
        const [a, b] = [box(one), box(other)];
        const apart = a.right <= b.left + slack || b.right <= a.left + slack || a.bottom <= b.top + slack || b.bottom <= a.top + slack;
        if (!apart) wrong.push(`cover one another: ${name(one)} and ${name(other)}`);
      }));
    }
  }

  // A word in a band is there whole or not at all, and no other text is cut.
  for (const word of all(".phase span, .band span")) {
    const [inner, outer] = [box(word), box(word.parentElement)];
    const whole = inner.left >= outer.left - slack && inner.right <= outer.right + slack && inner.bottom <= outer.bottom + slack;
    const none = inner.top >= outer.bottom - slack;
    if (!whole && !none) wrong.push(`is cut: ${name(word)}`);
  }
  for (const text of all("h1, h2, p, li, dt, dd, td, th, summary, code, b, small").filter(shown)) {
    const { left, right } = box(text);
    // What scrolls by itself makes the page no wider.
    if (text.closest(".scroll")) continue;
    if (left < -slack || right > root.clientWidth + slack) wrong.push(`leaves the page: ${name(text)}`);
    if (text.scrollWidth > text.clientWidth + slack && getComputedStyle(text).display !== "inline") wrong.push(`is cut: ${name(text)}`);
  }

  // Text can be read: 4.5 to 1 is what WCAG asks for.
  const parsed = (colour) => {
    const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const known = new Map();
  const colour = (text) => known.get(text) ?? known.set(text, parsed(text)).get(text);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(view.getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  let texts = 0;
  const dim = new Set();
  for (const element of all("body *:not(script):not(style)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || !shown(element)) continue;
    texts += 1;
    const pair = [light(colour(view.getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) dim.add(`hard to read (${contrast.toFixed(1)} to 1): ${name(element)}`);
  }
  wrong.push(...dim);

  // The pointer over the middle of the drawing says what was so then.
  const lanes = page.querySelector(".lanes");
  let hovered = null;
  if (lanes) {
    const plot = box(page.querySelector(".behind"));
    lanes.dispatchEvent(new view.PointerEvent("pointermove", { clientX: plot.left + plot.width / 2, clientY: plot.top + 5, bubbles: true }));
    const cursor = page.querySelector(".cursor");
    if (cursor.hidden || Math.abs(box(cursor).left - plot.left - plot.width / 2) > 1.5) wrong.push("the cursor is not under the pointer");
    hovered = page.querySelector("figcaption output").textContent;
  }

  // The search hides what it does not find, and finds what is folded.
  const field = page.querySelector(".find input");
  const search = (words) => {
    field.value = words;
    field.dispatchEvent(new view.Event("input"));
    return [count("details.task"), count("tr[data-task]"), page.querySelector(".find output").textContent];
  };

  const count = (selector) => all(selector).filter(shown).length;
  const drawn = (selector) => all(selector).filter((path) => path.getTotalLength() > 0).length;
  return {
    wrong: wrong.slice(0, 20),
    errors: window.errors,
    hacked: "hacked" in view || "hacked" in window || Boolean(page.getElementById("hacked")),
    found: field && ["", "remove", "pg-b UNFOLDED", "no such word", ""].map(search),
    foreign: all("img, iframe, object, embed, link[href^=http], script[src]").length,
    scripts: all("script").length,
    dark: view.matchMedia("(prefers-color-scheme: dark)").matches,
    width: root.clientWidth,
    texts,
    hovered,
    phases: count(".phase"),
    letters: count(".plot .letter"),
    marks: count(".plot .mark"),
    bands: count(".band"),
    nodes: count(".lane.node"),
    both: count(".node .both"),
    gaps: count(".gap"),
    curves: drawn(".plot path.acknowledged, .plot path.answered, .plot path.line"),
    log: all(".log code").map((line) => line.textContent),
    open: count("details[open]"),
    verdict: page.querySelector(".verdict").className,
  };
}
