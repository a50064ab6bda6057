"use strict";
// The page can be read without this script, which adds maps, search, and the links between a map and its list.

/** Set up a section that has a list of groups, a map of texts, or both. */
function explore(section, { unit, groups, unlabelled, points }) {
  const input = section.querySelector("input");
  const found = section.querySelector(".found");
  const hits = section.querySelector(".hits");
  const panels = [...section.querySelectorAll("details.group")];
  const byId = new Map(groups.map((group) => [group.id, group]));
  const panelOf = new Map(panels.map((panel) => [Number(panel.dataset.group), panel]));
  const count = points ? points.x.length : 0;
  const MORE = 10;
  let query = "";
  let matches = new Set();
  let hovered = -1;

  const everyPoint = [...Array(count).keys()];
  const members = new Map(groups.map((group) => [group.id, []]));
  for (const i of everyPoint) members.get(points.group[i])?.push(i);
  const nameOf = (i) => byId.get(points.group[i])?.name ?? unlabelled;
  const selected = () => {
    const open = panels.find((panel) => panel.open);
    return open ? Number(open.dataset.group) : null;
  };

  function fill(list, rows) {
    list.replaceChildren(...rows.slice(0, MORE).map((i) => {
      const item = document.createElement("li");
      const text = document.createElement("span");
      const row = document.createElement("small");
      text.dir = "auto";
      text.textContent = points.text[i];
      row.textContent = ` row ${points.row[i]}`;
      item.append(text, row);
      return item;
    }));
  }

  // The list

  for (const panel of panels) {
    panel.addEventListener("toggle", () => {
      const more = panel.querySelector(".more");
      if (panel.open && more.hidden) {
        const rows = members.get(Number(panel.dataset.group));
        fill(more.querySelector("ul"), rows);
        more.hidden = rows.length === 0;
      }
      draw();
    });
  }

  input?.addEventListener("input", () => {
    query = input.value.trim().toLocaleLowerCase();
    for (const panel of panels) {
      panel.hidden = query !== "" && !panel.textContent.toLocaleLowerCase().includes(query);
    }
    const rows = query ? everyPoint.filter((i) => points.text[i].toLocaleLowerCase().includes(query)) : [];
    matches = new Set(rows);
    const shown = panels.filter((panel) => !panel.hidden).length;
    found.hidden = query === "";
    found.textContent = `${shown} of ${panels.length} ${unit}, ${rows.length} of ${count.toLocaleString("en")} texts on the map`;
    hits.hidden = rows.length === 0;
    fill(hits, rows);
    draw();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const panel of panels) panel.open = false;
    if (input?.value) {
      input.value = "";
      input.dispatchEvent(new Event("input"));
    }
  });

  // The map

  const canvas = section.querySelector("canvas");
  const tip = section.querySelector(".tip");
  let size = { width: 0, height: 0 };

  function place(i) {
    const side = Math.min(size.width, size.height) - 40;
    return [(size.width - side) / 2 + points.x[i] * side, (size.height + side) / 2 - points.y[i] * side];
  }

  function draw() {
    if (!canvas || size.width === 0) return;
    const style = getComputedStyle(document.documentElement);
    const [lightness, chroma] = ["--lightness", "--chroma"].map((name) => style.getPropertyValue(name));
    const paint = canvas.getContext("2d");
    paint.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    paint.clearRect(0, 0, size.width, size.height);
    const chosen = selected();
    const lit = (i) => (chosen === null || points.group[i] === chosen) && (query === "" || matches.has(i));
    const radius = Math.max(1.6, Math.min(3.2, 110 / Math.sqrt(count)));
    // Pale points first, so that the selected ones lie on top.
    for (const bright of [false, true]) {
      for (const i of everyPoint) {
        if (lit(i) !== bright) continue;
        const group = byId.get(points.group[i]);
        const colour = group ? `oklch(${lightness} ${chroma} ${group.hue})` : style.getPropertyValue("--noise");
        dot(paint, i, radius, colour, bright ? 0.85 : 0.1);
      }
    }
    if (hovered >= 0) dot(paint, hovered, radius + 3, style.getPropertyValue("--ink"), 1);
    if (query === "") name(paint, style, chosen);
  }

  function dot(paint, i, radius, colour, alpha) {
    const [x, y] = place(i);
    paint.globalAlpha = alpha;
    paint.fillStyle = colour;
    paint.beginPath();
    paint.arc(x, y, radius, 0, 2 * Math.PI);
    paint.fill();
  }

  /** Write the names of the groups at their medians, in order, and skip those that would overlap. */
  function name(paint, style, chosen) {
    const taken = [];
    paint.globalAlpha = 1;
    paint.font = "600 12px system-ui, sans-serif";
    paint.textAlign = "center";
    paint.lineJoin = "round";
    for (const group of groups) {
      if (chosen !== null && group.id !== chosen) continue;
      const at = members.get(group.id).map(place);
      if (at.length === 0) continue;
      const [x, y] = [0, 1].map((axis) => at.map((xy) => xy[axis]).sort((a, b) => a - b)[at.length >> 1]);
      const word = group.name.split(", ").slice(0, 2).join(", ").slice(0, 32);
      const half = paint.measureText(word).width / 2 + 4;
      const middle = Math.max(half, Math.min(size.width - half, x));
      const overlaps = ([a, b, other]) => Math.abs(a - middle) < half + other && Math.abs(b - y) < 16;
      if (taken.some(overlaps)) continue;
      taken.push([middle, y, half]);
      paint.lineWidth = 4;
      paint.strokeStyle = style.getPropertyValue("--panel");
      paint.strokeText(word, middle, y);
      paint.fillStyle = style.getPropertyValue("--ink");
      paint.fillText(word, middle, y);
    }
  }

  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1;
    let distance = 14 ** 2;
    const chosen = selected();
    for (const i of everyPoint) {
      if (chosen !== null && points.group[i] !== chosen) continue;
      const [a, b] = place(i);
      const d = (a - x) ** 2 + (b - y) ** 2;
      if (d < distance) [best, distance] = [i, d];
    }
    return best;
  }

  function hover(i) {
    if (i === hovered) return;
    hovered = i;
    tip.hidden = i < 0;
    if (i >= 0) {
      const [x, y] = place(i);
      tip.querySelector("strong").textContent = nameOf(i);
      tip.querySelector("span").textContent = points.text[i];
      tip.style.left = `${Math.max(0, Math.min(x + 14, size.width - tip.offsetWidth))}px`;
      tip.style.top = y + 14 + tip.offsetHeight < size.height ? `${y + 14}px` : `${y - 14 - tip.offsetHeight}px`;
    }
    canvas.style.cursor = i >= 0 ? "pointer" : "";
    draw();
  }

  if (canvas) {
    canvas.addEventListener("pointermove", (event) => hover(nearest(event)));
    canvas.addEventListener("pointerleave", () => hover(-1));
    canvas.addEventListener("click", (event) => {
      const i = nearest(event);
      hover(i);
      const panel = i >= 0 ? panelOf.get(points.group[i]) : undefined;
      for (const other of panels) other.open = other === panel;
      // Only a list beside the map scrolls: scrolling to a list below it would hide the map.
      if (panel && matchMedia("(min-width: 52rem)").matches) panel.scrollIntoView({ block: "nearest" });
    });
    new ResizeObserver(() => {
      size = { width: canvas.clientWidth, height: canvas.clientHeight };
      canvas.width = size.width * devicePixelRatio;
      canvas.height = size.height * devicePixelRatio;
      draw();
    }).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }
}

const data = JSON.parse(document.getElementById("data").textContent);
for (const section of document.querySelectorAll(".explorer")) explore(section, data[section.dataset.section]);
