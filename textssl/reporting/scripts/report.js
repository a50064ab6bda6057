/** Set up a section: search, lists and a map of its texts, tied to its groups. */
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
  const members = new Map([...indexOf.keys(), ...panelOf.keys()].map((group) => [group, []]));
  for (const i of all) members.get(texts.group[i])?.push(i);

  // What the reader asked for: words and the texts that have them, best first; selected texts; a marked text.
  const noQuery = { query: "", words: [], hits: null, exact: true };
  const asked = { ...noQuery, selected: null, marked: -1 };
  // The texts that match all of it, in order, and a 1 for each of them; null if nothing was asked for.
  let matching = null;
  let lit = null;

  // Texts

  function groupButton(group, after = "") {
    const name = make("bdi", { textContent: shortName(nameOf(group)) });
    const dot = dotOf(data.groups[indexOf.get(group)]?.hue);
    const button = make("button", { type: "button", className: "chip" }, dot, name, after);
    button.addEventListener("click", () => open(group));
    return button;
  }

  /** Return the line below a text; `withGroup` says whether its group is not clear from where it stands. */
  function about(i, withGroup) {
    const line = make("div", { className: "about" });
    const add = (textContent) => line.append(make("bdi", { textContent }));
    const { column } = legend;
    if (withGroup) line.append(groupButton(texts.group[i]));
    if (texts.probability) add(`${withGroup ? "" : "probability "}${texts.probability[i].toFixed(2)}`);
    add(`row ${texts.row[i]}`);
    if (column && column.values !== texts.probability) add(`${column.name}: ${texts.shown(column, i)}`);
    if (texts.second?.[i] >= 0 && texts.secondProbability?.[i] >= 0.005) {
      line.append(groupButton(texts.second[i], texts.secondProbability[i].toFixed(2)));
    }
    return line;
  }

  function item(i, withGroup) {
    const text = make("button", { type: "button", className: "text", dir: "auto" });
    mark(text, texts.text[i] || "(blank)", asked.words);
    text.setAttribute("aria-pressed", i === asked.marked);
    text.addEventListener("click", () => choose(i));
    return make("li", {}, text, about(i, withGroup));
  }

  /** Return the text that the reader chose, with all that is known of it. */
  function card(i) {
    const facts = texts.columns.map((column) => {
      const name = make("dt", { textContent: column.name, dir: "auto" });
      return make("div", {}, name, make("dd", { textContent: texts.shown(column, i), dir: "auto" }));
    });
    const text = make("p", { textContent: texts.text[i] || "(blank)", dir: "auto" });
    return make(
      "div",
      { className: "card" },
      text,
      about(i, false),
      ...(facts.length ? [make("dl", {}, ...facts)] : []),
    );
  }

  // Groups

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
    if (!bodies.has(group)) {
      const [chosen, shares, list] = ["chosen", "shares", "browse"].map((className) => make("div", { className }));
      panelOf.get(group).append(chosen, shares, list);
      bodies.set(group, {
        chosen,
        shares,
        list: new TextList(list, (i) => item(i, false), `Texts in ${nameOf(group)}`),
      });
    }
    const { shares, list } = bodies.get(group);
    const shown = members.get(group).filter((i) => !lit || lit[i]);
    list.show(shown, orders);
    shares.replaceChildren(...legend.shares(shown));
    showCard(group);
  }

  /** Show the chosen text if it is in this group, above the list of its texts, which stays at its page. */
  function showCard(group) {
    const { chosen, list } = bodies.get(group);
    chosen.replaceChildren(...(texts.group[asked.marked] === group ? [card(asked.marked)] : []));
    list.turn(list.at);
  }

  /** Open a group and close the others. */
  function open(group, i = -1) {
    const panel = panelOf.get(group);
    if (!panel) return;
    setMarked(i);
    for (const other of panels) if (other !== panel) other.open = false;
    panel.hidden = false;
    if (panel.open) {
      showCard(group);
      reveal(panel);
    }
    panel.open = true;
    panel.querySelector("summary").focus({ preventScroll: true });
  }

  function setMarked(i) {
    asked.marked = i;
    map?.mark(i);
    if (matching) matchList.turn(matchList.at);
  }

  /** Choose a text, in its group if there is a list of groups; -1 for none. */
  function choose(i) {
    if (panelOf.has(texts.group[i])) return open(texts.group[i], i);
    setMarked(i);
    for (const panel of panels) panel.open = false;
    find("figure .chosen")?.replaceChildren(...(i >= 0 ? [card(i)] : []));
  }

  /** Bring the header of a group on screen. */
  function reveal(panel) {
    const { top } = panel.getBoundingClientRect();
    const above = parseFloat(getComputedStyle(panel).scrollMarginTop);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (top < above || top > innerHeight * 0.6) panel.scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
  }

  function openGroup() {
    const panel = panels.find((panel) => panel.open);
    return panel ? Number(panel.dataset.group) : null;
  }

  // Search and selection

  const input = find("input[type=search]");
  const matches = find(".matches");
  const matchList = new TextList(matches.querySelector(".browse"), (i) => item(i, true), "Matching texts");
  const legend = new Legend(section, texts, refresh);

  input.addEventListener("focus", () => search.prepare());
  input.addEventListener("input", async () => {
    const query = input.value.trim();
    if (query === asked.query) return;
    Object.assign(asked, { query, words: wordsOf(query), hits: null, exact: true });
    if (query && !search.isReady) {
      asked.hits = search.scan(query);
      refresh();
      await search.prepare();
      if (query !== asked.query) return; // typed on
    }
    if (query) Object.assign(asked, search.find(query));
    refresh();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const panel of panels) panel.open = false;
    forgetQuery();
    asked.selected = null;
    legend.chosen.clear();
    asked.marked = -1;
    map?.setLasso(false);
    refresh();
  });

  function forgetQuery() {
    input.value = "";
    Object.assign(asked, noQuery);
  }

  /** Work out which texts match, and show them everywhere. */
  function refresh() {
    const isAsked = asked.hits || asked.selected || legend.chosen.size;
    const selected = asked.selected && new Set(asked.selected);
    matching = isAsked ? (asked.hits ?? all).filter((i) => (!selected || selected.has(i)) && legend.passes(i)) : null;
    lit = isAsked ? new Uint8Array(texts.count) : null;
    for (const i of matching ?? []) lit[i] = 1;
    matches.hidden = !matching;
    if (matching) {
      const rank = new Map(matching.map((i, at) => [i, at]));
      const best = { name: "Best match first", key: (i) => rank.get(i) };
      matchList.show(matching, asked.hits ? [best, ...orders] : orders);
    }
    showCounts();
    showConditions();
    legend.show(matching);
    if (openGroup() !== null) fill(openGroup());
    draw();
  }

  /** Show how many texts match, in all and in each group. */
  function showCounts() {
    const counts = new Map();
    for (const i of matching ?? []) counts.set(texts.group[i], (counts.get(texts.group[i]) ?? 0) + 1);
    const most = Math.max(1, ...counts.values());
    for (const [group, panel] of panelOf) {
      const count = counts.get(group) ?? 0;
      panel.hidden = matching !== null && count === 0;
      panel.querySelector(".count").textContent = counted(matching ? count : Number(panel.dataset.size));
      panel.querySelector(".size small").hidden = matching !== null;
      panel.querySelector(".bar").style.setProperty("--share", matching ? count / most : panel.dataset.share);
    }
    find(".found").textContent = matching ? summary(matching.length, counts.size) : "";
  }

  function summary(found, groups) {
    const of = `${texts.count < texts.total ? "a sample of " : ""}${counted(texts.count)}`;
    const similar = asked.exact || !found ? "" : " with similar words";
    const where = found && panels.length ? ` in ${counted(groups)} ${groups === 1 ? "group" : "groups"}` : "";
    return `${counted(found)} of ${of} texts${similar}${where}`;
  }

  /** Show what the reader asked for, each with a button that drops it. */
  function showConditions() {
    const conditions = legend.conditions();
    if (asked.selected) conditions.unshift({ text: "selection", drop: () => (asked.selected = null) });
    if (asked.hits) conditions.unshift({ text: `“${asked.query}”`, drop: forgetQuery });
    find(".conditions").replaceChildren(
      ...conditions.map(({ text, drop }) => {
        const button = make("button", { type: "button", className: "chip" }, make("bdi", { textContent: text }), " ×");
        button.setAttribute("aria-label", `Remove ${text}`);
        button.addEventListener("click", () => {
          drop();
          refresh();
          input.focus();
        });
        return button;
      }),
    );
  }

  // The map

  const map =
    find("figure") && texts.x
      ? new TextMap(find("figure"), texts, {
          describe: (i) => nameOf(texts.group[i]),
          pick: (i) => choose(i),
          select: (selected) => {
            asked.selected = selected.length ? selected : null;
            refresh();
            matches.scrollIntoView({ block: "nearest" });
          },
        })
      : null;
  const centres = data.groups.map(({ id }) => (map ? map.middle(members.get(id)) : null));

  function draw() {
    if (!map) return;
    const group = openGroup();
    const isLit = (i) => (!lit || lit[i] === 1) && (group === null || texts.group[i] === group);
    const names = data.groups
      .map(({ id, name }, index) => ({ id, name: shortName(name), at: centres[index] }))
      .filter(({ id, at }) => at && (group === null || id === group) && !panelOf.get(id)?.hidden);
    const bright = lit || group !== null ? Uint8Array.from(all, (i) => (isLit(i) ? 1 : 0)) : null;
    map.show({
      lit: bright,
      matching: lit,
      names,
      marked: asked.marked,
      ...(legend.column ? legend.colours() : groupColours()),
    });
  }

  function groupColours() {
    const palette = [(css) => css("--noise"), ...data.groups.map(({ hue }) => strong(hue))];
    return { palette, colour: Int32Array.from(texts.group, (group) => 1 + (indexOf.get(group) ?? -1)) };
  }

  refresh();
}

/** Return the first keywords of a name. */
const shortName = (name) => name.split(", ").slice(0, 2).join(", ").slice(0, 32);

(async () => {
  const data = await unpack(document.getElementById("data"));
  for (const section of document.querySelectorAll(".explorer")) {
    if (data[section.dataset.section].texts) explore(section, data[section.dataset.section]);
  }
  document.documentElement.classList.add("ready");
})();
