const HUES = 32;
const SHOWN_CATEGORIES = 12;

/** Set up a section: search, lists, and a map of its texts, tied to its groups. */
function explore(section, data) {
  const texts = new Texts(data.texts);
  const search = new TextSearch(texts.text);
  const orders = sortOrders(texts);
  const all = [...texts.text.keys()];
  const find = (selector) => section.querySelector(selector);
  const panels = [...section.querySelectorAll("details.group")];
  const panelOf = new Map(panels.map((panel) => [Number(panel.dataset.group), panel]));
  const indexOf = new Map(data.groups.map(({ id }, index) => [id, index]));
  const nameOf = (group) => data.groups[indexOf.get(group)]?.name ?? data.rest;
  const members = new Map([...panelOf.keys()].map((id) => [id, []]));
  for (const i of all) members.get(texts.group[i])?.push(i);

  // What the reader asked for. `matching` holds a 1 for each text that all of it lets through; null for no condition.
  const asked = { query: "", hits: null, exact: true, words: [], selected: null, values: new Map(), column: null, marked: -1 };
  let matching = null;

  // Texts

  function groupButton(group, after = "") {
    const button = make("button", { type: "button", className: "chip" }, dot(group), make("bdi", { textContent: shortName(nameOf(group)) }), after);
    button.addEventListener("click", () => open(group));
    return button;
  }

  function dot(group) {
    const mark = make("span", { className: "dot" });
    const hue = data.groups[indexOf.get(group)]?.hue;
    if (hue === undefined) mark.classList.add("none");
    else mark.style.setProperty("--hue", hue);
    return mark;
  }

  function about(i, grouped) {
    const line = make("div", { className: "about" });
    if (grouped) line.append(groupButton(texts.group[i]));
    if (texts.probability) line.append(make("span", { textContent: `${grouped ? "" : "probability "}${texts.probability[i].toFixed(2)}` }));
    line.append(make("span", { textContent: `row ${texts.row[i]}` }));
    if (asked.column) line.append(make("bdi", { textContent: `${asked.column.name}: ${texts.shown(asked.column, i)}` }));
    if (texts.second?.[i] >= 0 && texts.secondProbability?.[i] >= 0.005) {
      line.append(groupButton(texts.second[i], texts.secondProbability[i].toFixed(2)));
    }
    return line;
  }

  function item(grouped) {
    return (i) => {
      const text = make("button", { type: "button", className: "text", dir: "auto" });
      mark(text, texts.text[i] || "(blank)", asked.words);
      text.setAttribute("aria-pressed", i === asked.marked);
      text.addEventListener("click", () => (grouped && panelOf.has(texts.group[i]) ? open(texts.group[i], i) : choose(i)));
      return make("li", {}, text, about(i, grouped));
    };
  }

  // The groups

  const bodies = new Map();
  for (const [group, panel] of panelOf) {
    panel.addEventListener("toggle", () => {
      if (panel.open) {
        fill(group);
        reveal(panel);
      }
      draw();
    });
  }

  /** Show what is in an open group. */
  function fill(group) {
    const panel = panelOf.get(group);
    if (!bodies.has(group)) {
      const [chosen, shares, list] = ["chosen", "shares", "browse"].map((className) => make("div", { className }));
      panel.append(chosen, shares, list);
      bodies.set(group, { chosen, shares, list: new TextList(list, item(false), `Texts in ${nameOf(group)}`) });
    }
    const { chosen, shares, list } = bodies.get(group);
    const shown = members.get(group).filter((i) => !matching || matching[i]);
    list.show(shown, orders);
    shares.replaceChildren(...(asked.column?.names ? [sharesOf(shown, asked.column)] : []));
    chosen.replaceChildren(...(texts.group[asked.marked] === group ? [card(asked.marked)] : []));
  }

  /** Return the text that the reader chose, with all that is known of it. */
  function card(i) {
    const facts = texts.columns.map((column) => make("div", {}, make("dt", { textContent: column.name, dir: "auto" }), make("dd", { textContent: texts.shown(column, i), dir: "auto" })));
    return make("div", { className: "card" }, make("p", { textContent: texts.text[i] || "(blank)", dir: "auto" }), about(i, false), ...(facts.length ? [make("dl", {}, ...facts)] : []));
  }

  /** Return how many of some texts have each value of a column. */
  function sharesOf(shown, { name, names, values }) {
    const counts = names.map(() => 0);
    for (const i of shown) if (values[i] >= 0) counts[values[i]]++;
    const order = [...counts.keys()].filter((code) => counts[code]).sort((a, b) => counts[b] - counts[a]);
    const most = Math.max(...counts);
    const rows = order.slice(0, 8).map((code) => {
      const bar = make("span", { className: "bar" });
      bar.style.setProperty("--share", counts[code] / most);
      bar.style.setProperty("--hue", categoryHue(code));
      return make("li", {}, make("bdi", { textContent: names[code] }), bar, make("span", { textContent: counted(counts[code]) }));
    });
    const rest = order.length - rows.length;
    const heading = make("h3", { textContent: `By ${name}`, dir: "auto" });
    return make("div", {}, heading, make("ul", {}, ...rows), ...(rest > 0 ? [make("small", { textContent: `and ${rest} more` })] : []));
  }

  /** Open a group and, if text i is given, choose that text. */
  function open(group, i = -1) {
    const panel = panelOf.get(group);
    if (!panel) return;
    asked.marked = i;
    map?.mark(i);
    for (const other of panels) if (other !== panel) other.open = false;
    panel.hidden = false;
    if (panel.open) {
      fill(group);
      reveal(panel);
    }
    panel.open = true;
    panel.querySelector("summary").focus({ preventScroll: true });
  }

  /** Bring the header of a group on screen. */
  function reveal(panel) {
    const { top } = panel.getBoundingClientRect();
    const above = parseFloat(getComputedStyle(panel).scrollMarginTop);
    if (top < above || top > innerHeight * 0.6) panel.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** Mark a text where the reader is. */
  function choose(i) {
    asked.marked = i;
    map?.mark(i);
    refreshLists();
  }

  const openGroup = () => {
    const panel = panels.find((panel) => panel.open);
    return panel ? Number(panel.dataset.group) : null;
  };

  // Search and selection

  const input = find("input[type=search]");
  const found = find(".found");
  const matches = find(".matches");
  const conditions = find(".conditions");
  const matchList = new TextList(matches.querySelector(".browse"), item(true), "Matching texts");

  async function ask() {
    const query = input.value.trim();
    if (query === asked.query) return;
    asked.query = query;
    asked.words = wordsOf(query);
    if (query === "") {
      Object.assign(asked, { hits: null, exact: true });
      return refresh();
    }
    if (!search.isReady) {
      Object.assign(asked, { hits: search.scan(query), exact: true });
      refresh();
      await search.prepare();
      if (query !== asked.query) return; // typed on
    }
    Object.assign(asked, search.find(query));
    refresh();
  }

  input.addEventListener("input", ask);
  input.addEventListener("focus", () => search.prepare());

  /** Work out which texts match, and show them everywhere. */
  function refresh() {
    const isFiltered = asked.hits || asked.selected || asked.values.size;
    matching = isFiltered ? new Uint8Array(texts.count).fill(asked.hits ? 0 : 1) : null;
    for (const i of asked.hits ?? []) matching[i] = 1;
    const keep = (has) => matching.forEach((lit, i) => (matching[i] = lit && has(i) ? 1 : 0));
    if (asked.selected) {
      const selected = new Set(asked.selected);
      keep((i) => selected.has(i));
    }
    for (const [column, codes] of asked.values) keep((i) => codes.has(column.values[i]));
    const ranked = asked.hits ?? all;
    const shown = matching ? ranked.filter((i) => matching[i]) : [];
    matches.hidden = !matching;
    if (matching) {
      const rank = new Map(shown.map((i, at) => [i, at]));
      matchList.show(shown, asked.hits ? [{ name: "Best match first", key: (i) => rank.get(i) }, ...orders] : orders);
    }
    count(shown);
    showConditions();
    refreshLists();
    showLegend();
    draw();
  }

  function refreshLists() {
    const group = openGroup();
    if (group !== null) fill(group);
    if (!matches.hidden) matchList.turn(matchList.at);
    showCard();
  }

  /** Without groups, the chosen text has its place under the map. */
  function showCard() {
    if (panels.length === 0) find(".chosen")?.replaceChildren(...(asked.marked >= 0 ? [card(asked.marked)] : []));
  }

  /** Show how many texts match, in all and in each group. */
  function count(shown) {
    const counts = new Map();
    for (const i of shown) counts.set(texts.group[i], (counts.get(texts.group[i]) ?? 0) + 1);
    const most = Math.max(1, ...counts.values());
    for (const [group, panel] of panelOf) {
      const { size, share } = panel.dataset;
      const inside = counts.get(group) ?? 0;
      panel.hidden = matching !== null && inside === 0;
      panel.querySelector(".count").textContent = counted(matching ? inside : Number(size));
      panel.querySelector(".size small").hidden = matching !== null;
      panel.querySelector(".bar").style.setProperty("--share", matching ? inside / most : share);
    }
    const of = texts.count < texts.total ? `a sample of ${counted(texts.count)}` : `${counted(texts.count)}`;
    const groups = panels.length ? ` in ${counted(counts.size)} ${counts.size === 1 ? "group" : "groups"}` : "";
    const only = asked.exact || shown.length === 0 ? "" : " with similar words";
    found.textContent = matching ? `${counted(shown.length)} of ${of} texts${only}${shown.length ? groups : ""}` : "";
  }

  /** Show what the reader asked for, each with a button that drops it. */
  function showConditions() {
    const chips = [];
    const add = (text, drop) => {
      const button = make("button", { type: "button", className: "chip" }, make("bdi", { textContent: text }), " ×");
      button.setAttribute("aria-label", `Remove ${text}`);
      button.addEventListener("click", () => {
        drop();
        refresh();
        input.focus();
      });
      chips.push(button);
    };
    if (asked.hits) add(`“${asked.query}”`, () => {
      input.value = "";
      Object.assign(asked, { query: "", hits: null, words: [], exact: true });
    });
    if (asked.selected) add("selection", () => (asked.selected = null));
    for (const [column, codes] of asked.values) {
      const chosen = [...codes].map((code) => column.names[code]).join(" or ");
      add(`${column.name}: ${chosen}`, () => asked.values.delete(column));
    }
    conditions.replaceChildren(...chips);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    map?.setLasso(false);
    for (const panel of panels) panel.open = false;
    input.value = "";
    Object.assign(asked, { query: "", hits: null, words: [], exact: true, selected: null, marked: -1 });
    asked.values.clear();
    map?.mark(-1);
    refresh();
  });

  // Columns

  const colourBy = find("select.colour");
  const legend = find(".legend");
  const categoryHue = (code) => (250 + 137.508 * code) % 360;
  if (texts.probability) texts.columns.unshift({ name: "probability", names: null, values: texts.probability });
  const columns = [...texts.columns];
  if (texts.probability) texts.columns.shift(); // it has its own place in a card
  colourBy.append(...columns.map(({ name }, at) => make("option", { value: at, textContent: name })));
  colourBy.closest("label").hidden = columns.length === 0;
  colourBy.addEventListener("change", () => {
    asked.column = columns[colourBy.value] ?? null;
    refresh();
  });

  /** Show the values of the column and how many texts have each; a value is a button that filters. */
  function showLegend() {
    const { column } = asked;
    legend.hidden = !column;
    if (!column) return;
    legend.replaceChildren(...(column.names ? categories(column) : [scale(column)]));
  }

  function categories(column) {
    const counts = column.names.map(() => 0);
    const chosen = asked.values.get(column) ?? new Set();
    for (const i of all) if (column.values[i] >= 0 && (!matching || matching[i] || chosen.size)) counts[column.values[i]]++;
    const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a]);
    const buttons = order.map((code) => {
      const mark = make("span", { className: "dot" });
      mark.style.setProperty("--hue", categoryHue(code));
      const button = make("button", { type: "button", className: "chip" }, mark, make("bdi", { textContent: column.names[code] }), make("small", { textContent: counted(counts[code]) }));
      button.setAttribute("aria-pressed", chosen.has(code));
      button.addEventListener("click", () => {
        if (!chosen.delete(code)) chosen.add(code);
        if (chosen.size) asked.values.set(column, chosen);
        else asked.values.delete(column);
        refresh();
        [...legend.querySelectorAll("button")].find((other) => other.dataset.code === String(code))?.focus();
      });
      button.dataset.code = code;
      return button;
    });
    if (buttons.length <= SHOWN_CATEGORIES || asked.unfolded === column) return buttons;
    const more = make("button", { type: "button", className: "chip", textContent: `${buttons.length - SHOWN_CATEGORIES} more` });
    more.addEventListener("click", () => {
      asked.unfolded = column;
      showLegend();
    });
    return [...buttons.slice(0, SHOWN_CATEGORIES), more];
  }

  function scale(column) {
    const [low, high] = range(column.values);
    return make("span", { className: "scale" }, make("span", { textContent: short(low) }), make("span", { className: "gradient" }), make("span", { textContent: short(high) }));
  }

  // The map

  const figure = find("figure");
  const map = figure && texts.x ? new TextMap(figure, texts, {
    describe: (i) => nameOf(texts.group[i]),
    pick: (i) => (i >= 0 && panelOf.has(texts.group[i]) ? open(texts.group[i], i) : choose(i)),
    select: (selected) => {
      asked.selected = selected.length ? selected : null;
      refresh();
      matches.scrollIntoView({ block: "nearest" });
    },
  }) : null;
  const centres = map ? data.groups.map(({ id }) => middleOf(id)) : [];

  function middleOf(group) {
    const placed = all.filter((i) => texts.group[i] === group && !Number.isNaN(texts.x[i]));
    return placed.length ? [texts.x, texts.y].map((axis) => placed.map((i) => axis[i]).sort((a, b) => a - b)[placed.length >> 1]) : null;
  }

  function draw() {
    if (!map) return;
    const chosen = openGroup();
    const lit = chosen === null ? matching : Uint8Array.from(texts.group, (group, i) => (group === chosen && (!matching || matching[i]) ? 1 : 0));
    const names = data.groups
      .map(({ id, name }, index) => ({ id, name: shortName(name), at: centres[index] }))
      .filter(({ id, at }) => at && (chosen === null || id === chosen) && !panelOf.get(id)?.hidden);
    map.show({ lit, matching, names, marked: asked.marked, ...colours() });
  }

  /** Return the colour of each text as an index into a palette. */
  function colours() {
    const { column } = asked;
    const none = (css) => css("--noise");
    const strong = (hue) => (css) => `oklch(${css("--lightness")} ${css("--chroma")} ${hue})`;
    if (!column) {
      return { palette: [none, ...data.groups.map(({ hue }) => strong(hue))], colour: Int32Array.from(texts.group, (group) => 1 + (indexOf.get(group) ?? -1)) };
    }
    if (column.names) return { palette: [none, ...column.names.map((_, code) => strong(categoryHue(code)))], colour: Int32Array.from(column.values, (code) => 1 + code) };
    const [low, high] = range(column.values);
    const step = (value) => (Number.isNaN(value) ? 0 : 1 + Math.round(((HUES - 1) * (value - low)) / Math.max(high - low, 1e-9)));
    const ramp = Array.from({ length: HUES }, (_, at) => () => `oklch(${0.42 + (0.42 * at) / HUES} 0.14 ${280 - (190 * at) / HUES})`);
    return { palette: [none, ...ramp], colour: Int32Array.from(column.values, step) };
  }

  refresh();
}

/** Return the first keywords of a name. */
const shortName = (name) => name.split(", ").slice(0, 2).join(", ").slice(0, 32);

function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

(async () => {
  const data = await unpack(document.getElementById("data"));
  for (const section of document.querySelectorAll(".explorer")) {
    if (data[section.dataset.section].texts) explore(section, data[section.dataset.section]);
  }
  document.documentElement.classList.add("ready");
})();
