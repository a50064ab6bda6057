const STEPS = 32;
const SHOWN_CATEGORIES = 12;

const strong = (hue) => (css) => `oklch(${css("--lightness")} ${css("--chroma")} ${hue})`;
const categoryHue = (code) => (250 + 137.508 * code) % 360;

/** Return the smallest and the largest of some numbers. */
function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function dotOf(hue) {
  const dot = make("span", { className: "dot" });
  if (hue === undefined) dot.classList.add("none");
  else dot.style.setProperty("--hue", hue);
  return dot;
}

/** The column that colours the texts, and the values that the reader filters by. */
class Legend {
  /**
   * @param section the section, with a select and an element for the legend
   * @param texts the texts
   * @param changed is called when the reader chose a column or a value
   */
  constructor(section, texts, changed) {
    Object.assign(this, { texts, changed });
    this.host = section.querySelector(".legend");
    this.column = null;
    this.chosen = new Map(); // from a column to the codes of its chosen values
    const { probability } = texts;
    const columns = [
      ...(probability ? [{ name: "probability", names: null, values: probability }] : []),
      ...texts.columns,
    ];
    const select = section.querySelector("select.colour");
    select.append(...columns.map(({ name }, at) => make("option", { value: at, textContent: name })));
    select.closest("label").hidden = columns.length === 0;
    select.addEventListener("change", () => {
      this.column = columns[select.value] ?? null;
      changed();
    });
  }

  /** Whether text i has a chosen value in each column that has chosen ones. */
  passes(i) {
    for (const [{ values }, codes] of this.chosen) if (!codes.has(values[i])) return false;
    return true;
  }

  /** Return a description of each column that filters, and a function that drops it. */
  conditions() {
    return [...this.chosen].map(([column, codes]) => ({
      text: `${column.name}: ${[...codes].map((code) => column.names[code]).join(" or ")}`,
      drop: () => this.chosen.delete(column),
    }));
  }

  /** Show the values of the column with how many of some texts have each; a value is a button that filters. */
  show(matching) {
    this.host.hidden = !this.column;
    if (!this.column) return;
    const { names, values } = this.column;
    this.host.replaceChildren(...(names ? this.categories(matching) : [this.scale(values)]));
  }

  categories(matching) {
    const { column } = this;
    const chosen = this.chosen.get(column) ?? new Set();
    const counts = countsOf(column, chosen.size || !matching ? this.texts.text.keys() : matching);
    const buttons = counts.map(([code, count]) => this.category(code, count, chosen));
    if (buttons.length <= SHOWN_CATEGORIES || this.unfolded === column) return buttons;
    const hidden = buttons.length - SHOWN_CATEGORIES;
    const more = make("button", { type: "button", className: "chip", textContent: `${hidden} more` });
    more.addEventListener("click", () => {
      this.unfolded = column;
      this.show(matching);
    });
    return [...buttons.slice(0, SHOWN_CATEGORIES), more];
  }

  category(code, count, chosen) {
    const { column } = this;
    const name = make("bdi", { textContent: column.names[code] });
    const size = make("small", { textContent: counted(count) });
    const button = make("button", { type: "button", className: "chip" }, dotOf(categoryHue(code)), name, size);
    button.dataset.code = code;
    button.setAttribute("aria-pressed", chosen.has(code));
    button.addEventListener("click", () => {
      if (!chosen.delete(code)) chosen.add(code);
      if (chosen.size) this.chosen.set(column, chosen);
      else this.chosen.delete(column);
      this.changed();
      this.host.querySelector(`[data-code="${code}"]`)?.focus();
    });
    return button;
  }

  scale(values) {
    const [low, high] = range(values).map((value) => make("span", { textContent: short(value) }));
    return make("span", { className: "scale" }, low, make("span", { className: "gradient" }), high);
  }

  /** Return how many of some texts have each value of the column, the most frequent values only. */
  shares(texts) {
    if (!this.column?.names) return [];
    const counts = countsOf(this.column, texts);
    const rows = counts.slice(0, 8).map(([code, count]) => {
      const bar = make("span", { className: "bar" });
      bar.style.setProperty("--share", count / counts[0][1]);
      bar.style.setProperty("--hue", categoryHue(code));
      return make(
        "li",
        {},
        make("bdi", { textContent: this.column.names[code] }),
        bar,
        make("span", { textContent: counted(count) }),
      );
    });
    const heading = make("h3", { textContent: `By ${this.column.name}`, dir: "auto" });
    const rest = counts.length - rows.length;
    return [
      heading,
      make("ul", {}, ...rows),
      ...(rest > 0 ? [make("small", { textContent: `and ${rest} more` })] : []),
    ];
  }

  /** Return a palette, whose first colour is that of texts without a value, and the colour of each text in it. */
  colours() {
    const { names, values } = this.column;
    const none = (css) => css("--noise");
    if (names)
      return {
        palette: [none, ...names.map((_, code) => strong(categoryHue(code)))],
        colour: Int32Array.from(values, (code) => 1 + code),
      };
    const [low, high] = range(values);
    const ramp = Array.from(
      { length: STEPS },
      (_, at) => () => `oklch(${0.42 + (0.42 * at) / STEPS} 0.14 ${280 - (190 * at) / STEPS})`,
    );
    const step = (value) =>
      Number.isNaN(value) ? 0 : 1 + Math.round(((STEPS - 1) * (value - low)) / Math.max(high - low, 1e-9));
    return { palette: [none, ...ramp], colour: Int32Array.from(values, step) };
  }
}

/** Return the values of a column that occur in some texts with their counts, most frequent first. */
function countsOf({ names, values }, texts) {
  const counts = names.map(() => 0);
  for (const i of texts) if (values[i] >= 0) counts[values[i]]++;
  return [...counts.entries()].filter(([, count]) => count).sort(([, a], [, b]) => b - a);
}
