const PAGE = 20;

/** Return an element with properties and children. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The ways to sort texts: a name, and a function from a text to a number, smallest first. */
function sortOrders(texts) {
  const { row, typicality, probability, second, secondProbability } = texts;
  const orders = [
    { name: "Most typical first", key: (i) => -typicality[i] },
    { name: "Input order", key: (i) => row[i] },
  ];
  if (probability) orders.push({ name: "Least certain first", key: (i) => probability[i] });
  if (probability && second && secondProbability) {
    const margin = (i) => (second[i] < 0 ? Infinity : probability[i] - secondProbability[i]);
    orders.push({ name: "Closest second choice first", key: margin });
  }
  for (const { name, names, values } of texts.columns) {
    if (names) continue;
    orders.push({ name: `${name}, highest first`, key: (i) => -values[i] });
    orders.push({ name: `${name}, lowest first`, key: (i) => values[i] });
  }
  return orders;
}

/** A list of texts in pages, which the reader sorts. */
class TextList {
  /**
   * @param host the element to fill
   * @param item from a text to its list item
   * @param label what the list shows, for those who cannot see it
   */
  constructor(host, item, label) {
    this.item = item;
    this.list = make("ul", { className: "texts" });
    this.list.setAttribute("aria-label", label);
    this.order = make("select");
    this.order.addEventListener("change", () => this.sort());
    this.page = make("input", { type: "number", min: 1, inputMode: "numeric" });
    this.page.setAttribute("aria-label", "Page");
    this.page.addEventListener("change", () => this.turn(Number(this.page.value)));
    this.pages = make("span");
    this.previous = make("button", { type: "button", textContent: "‹", ariaLabel: "Previous page" });
    this.next = make("button", { type: "button", textContent: "›", ariaLabel: "Next page" });
    this.previous.addEventListener("click", () => this.turn(this.at - 1));
    this.next.addEventListener("click", () => this.turn(this.at + 1));
    this.pager = make("span", { className: "pager" }, this.previous, "Page ", this.page, this.pages, this.next);
    host.replaceChildren(
      make("div", { className: "bar" }, make("label", {}, "Sort by ", this.order), this.pager),
      this.list,
    );
  }

  /** Show texts, sorted as before, or by the first of `orders` if that way is not among them any more. */
  show(texts, orders) {
    const chosen = this.order.value;
    this.texts = texts;
    this.orders = orders;
    this.order.replaceChildren(...orders.map(({ name }) => make("option", { textContent: name })));
    if (this.touched && orders.some(({ name }) => name === chosen)) this.order.value = chosen;
    this.arrange();
  }

  sort() {
    this.touched = true;
    this.arrange();
  }

  arrange() {
    const { key } = this.orders[this.order.selectedIndex];
    const keys = new Map(this.texts.map((i) => [i, key(i)]));
    const last = (value) => (Number.isNaN(value) ? Infinity : value);
    this.sorted = this.texts.toSorted((i, j) => {
      const [a, b] = [last(keys.get(i)), last(keys.get(j))];
      return a < b ? -1 : a > b ? 1 : i - j;
    });
    this.turn(1);
  }

  turn(page) {
    const pages = Math.max(1, Math.ceil(this.sorted.length / PAGE));
    this.at = Math.max(1, Math.min(pages, Math.round(page) || 1));
    this.page.value = this.at;
    this.page.max = pages;
    this.pages.textContent = ` of ${counted(pages)}`;
    this.previous.disabled = this.at === 1;
    this.next.disabled = this.at === pages;
    this.pager.hidden = pages === 1;
    this.list.replaceChildren(...this.sorted.slice((this.at - 1) * PAGE, this.at * PAGE).map(this.item));
  }
}
