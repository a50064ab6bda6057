const OPACITY = 0.85;
// How much of its colour a text keeps that does not match.
const PALE = 0.14;

/** Return the channels of CSS colours, four numbers for each. */
function channels(colours) {
  const paint = new OffscreenCanvas(colours.length, 1).getContext("2d", { willReadFrequently: true });
  colours.forEach((colour, i) => {
    paint.fillStyle = colour;
    paint.fillRect(i, 0, 1, 1);
  });
  return paint.getImageData(0, 0, colours.length, 1).data;
}

/** A map of texts on a canvas: zoom and pan, pick a text, select those inside a lasso; by pointer and keyboard. */
class TextMap {
  /**
   * @param figure the element, with a canvas, buttons and a tip
   * @param texts the texts
   * @param describe from a text to its heading in the tip
   * @param pick is called with a text that was picked, -1 for none
   * @param select is called with the texts that were selected
   */
  constructor(figure, texts, { describe, pick, select }) {
    Object.assign(this, { figure, texts, describe, pick, select });
    this.canvas = figure.querySelector("canvas");
    this.paint = this.canvas.getContext("2d");
    this.tip = figure.querySelector(".tip");
    this.spoken = figure.querySelector(".spoken");
    this.placed = [...texts.text.keys()].filter((i) => !Number.isNaN(texts.x[i]));
    this.view = { lit: null, matching: null, colour: new Int32Array(texts.count), palette: [], names: [], marked: -1 };
    this.transform = d3.zoomIdentity;
    this.hovered = -1;
    this.lassoing = false;
    this.lasso = [];
    this.zoom = d3
      .zoom()
      .scaleExtent([1, 64])
      .filter((event) => this.moves(event))
      .on("zoom", ({ transform }) => {
        this.transform = transform;
        this.canvas.classList.toggle("zoomed", transform.k > 1);
        this.hover(-1);
        this.request();
      });
    this.selection = d3.select(this.canvas).call(this.zoom).on("dblclick.zoom", null);
    this.listen();
  }

  /** Show what `view` says: texts to draw brightly (`lit`) and to pick from (`matching`), colours, names. */
  show(view) {
    Object.assign(this.view, view);
    this.tree = null;
    this.colours = null;
    this.bright = this.view.lit ? this.placed.filter((i) => this.view.lit[i]).length : this.placed.length;
    this.request();
  }

  /** Bring text i into view and mark it. */
  mark(i) {
    this.view.marked = i;
    if (i >= 0 && !Number.isNaN(this.texts.x[i])) {
      const [x, y] = this.place(i);
      const inside = x > 0 && y > 0 && x < this.width && y < this.height;
      if (!inside) this.selection.call(this.zoom.translateTo, ...this.transform.invert([x, y]));
    }
    this.request();
  }

  /** Whether an event zooms or pans. With one finger the page scrolls, unless the map is zoomed. */
  moves(event) {
    if (this.lassoing || event.shiftKey || event.button) return false;
    return event.touches?.length !== 1 || this.transform.k > 1;
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.lassoing && !event.shiftKey) return;
      canvas.setPointerCapture(event.pointerId);
      this.lasso = [[event.offsetX, event.offsetY]];
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.lasso.length === 0)
        return event.pointerType === "touch" || this.hover(this.nearest(event.offsetX, event.offsetY, 14));
      this.lasso.push([event.offsetX, event.offsetY]);
      this.request();
    });
    canvas.addEventListener("pointerup", () => this.endLasso());
    canvas.addEventListener("pointercancel", () => (this.lasso = []));
    canvas.addEventListener("pointerleave", () => this.hover(-1));
    canvas.addEventListener("click", (event) => {
      if (this.ended) return (this.ended = false);
      this.pick(this.nearest(event.offsetX, event.offsetY, 14));
    });
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("focus", () => this.request());
    canvas.addEventListener("blur", () => this.hover(-1));
    for (const button of this.figure.querySelectorAll("button[data-key]")) {
      button.addEventListener("click", () => this.press({ key: button.dataset.key }));
    }
    this.lassoButton = this.figure.querySelector("button.lasso");
    this.lassoButton.addEventListener("click", () => this.setLasso(!this.lassoing));
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const media of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(media).addEventListener("change", () => {
        this.colours = null;
        this.draw();
      });
    }
  }

  /** Do what a key says; the buttons of the map press keys as well. */
  press(event) {
    const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    const scale = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (pan) this.selection.call(this.zoom.translateBy, pan[0] / this.transform.k, pan[1] / this.transform.k);
    else if (scale) this.selection.call(this.zoom.scaleBy, scale);
    else if (event.key === "0") this.selection.call(this.zoom.transform, d3.zoomIdentity);
    else if (event.key === "s") this.select(this.placed.filter((i) => this.matches(i) && this.inView(i)));
    else if (event.key === "Enter" || event.key === " ") this.pick(this.hovered);
    else return;
    event.preventDefault?.();
    if (event.target === this.canvas) this.announce();
  }

  /** Show and say which text is nearest to the middle. */
  announce() {
    this.hover(this.nearest(this.width / 2, this.height / 2, this.side / 2));
    const i = this.hovered;
    this.spoken.textContent = i < 0 ? "No text here" : `${this.describe(i)}: ${this.texts.text[i]}`;
  }

  /** Return the median place of some texts; null if none is on the map. */
  middle(members) {
    const placed = members.filter((i) => !Number.isNaN(this.texts.x[i]));
    const median = (axis) => Float32Array.from(placed, (i) => axis[i]).sort()[placed.length >> 1];
    return placed.length ? [median(this.texts.x), median(this.texts.y)] : null;
  }

  setLasso(on) {
    this.lassoing = on;
    this.lassoButton.setAttribute("aria-pressed", on);
    this.canvas.classList.toggle("lassoing", on);
  }

  endLasso() {
    const outline = this.lasso.map((point) => this.locate(point));
    this.lasso = [];
    this.request();
    if (outline.length < 3) return;
    this.ended = true; // the click that follows picks nothing
    this.setLasso(false);
    const { x, y } = this.texts;
    this.select(this.placed.filter((i) => this.matches(i) && d3.polygonContains(outline, [x[i], y[i]])));
  }

  matches(i) {
    return !this.view.matching || this.view.matching[i] === 1;
  }

  inView(i) {
    const [x, y] = this.place(i);
    return x >= 0 && y >= 0 && x <= this.width && y <= this.height;
  }

  resize() {
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.side = Math.min(this.width, this.height) - 40;
    this.canvas.width = Math.round(this.width * devicePixelRatio);
    this.canvas.height = Math.round(this.height * devicePixelRatio);
    this.image =
      this.canvas.width && this.canvas.height
        ? this.paint.createImageData(this.canvas.width, this.canvas.height)
        : null;
    this.zoom
      .extent([
        [0, 0],
        [this.width, this.height],
      ])
      .translateExtent([
        [0, 0],
        [this.width, this.height],
      ]);
    this.draw();
  }

  /** Return where text i is drawn, in pixels of the page. */
  place(i) {
    return this.transform.apply([
      (this.width - this.side) / 2 + this.texts.x[i] * this.side,
      (this.height + this.side) / 2 - this.texts.y[i] * this.side,
    ]);
  }

  /** Return the coordinates of a pixel. */
  locate(pixel) {
    const [x, y] = this.transform.invert(pixel);
    return [(x - (this.width - this.side) / 2) / this.side, ((this.height + this.side) / 2 - y) / this.side];
  }

  /** Return the text nearest to a pixel among those that match, at most `reach` pixels away; -1 if there is none. */
  nearest(x, y, reach) {
    const { texts } = this;
    this.tree ??= d3.quadtree(
      this.placed.filter((i) => this.matches(i)),
      (i) => texts.x[i],
      (i) => texts.y[i],
    );
    return this.tree.find(...this.locate([x, y]), reach / this.side / this.transform.k) ?? -1;
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.tip.hidden = i < 0;
    this.canvas.style.cursor = i >= 0 ? "pointer" : "";
    if (i >= 0) {
      const { tip } = this;
      const [x, y] = this.place(i);
      tip.querySelector("strong").textContent = this.describe(i);
      tip.querySelector("span").textContent = this.texts.text[i];
      tip.style.left = `${Math.max(0, Math.min(x + 14, this.width - tip.offsetWidth))}px`;
      tip.style.top = `${y + 14 + tip.offsetHeight < this.height ? y + 14 : Math.max(0, y - 14 - tip.offsetHeight)}px`;
    }
    this.request();
  }

  /** Draw before the next frame, once. */
  request() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    if (!this.image) return;
    const style = getComputedStyle(document.documentElement);
    const css = (name) => style.getPropertyValue(name);
    this.colours ??= channels([css("--panel"), ...this.view.palette.map((colour) => colour(css))]);
    this.drawPoints();
    const { paint } = this;
    paint.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.drawNames(css("--ink"), css("--panel"));
    for (const i of [this.hovered, this.view.marked])
      if (i >= 0 && !Number.isNaN(this.texts.x[i])) this.drawRing(i, css("--ink"), css("--panel"));
    if (this.lasso.length > 1) {
      paint.beginPath();
      for (const point of this.lasso) paint.lineTo(...point);
      paint.closePath();
      paint.strokeStyle = css("--accent");
      paint.lineWidth = 1.5;
      paint.stroke();
    }
    if (this.canvas.matches(":focus-visible")) this.drawCross(css("--muted"));
  }

  /** Draw the points: pale ones first, so that those that match lie on top. */
  drawPoints() {
    const { colours, placed } = this;
    const { lit } = this.view;
    const pixels = new Uint32Array(this.image.data.buffer);
    pixels.fill(new Uint32Array(colours.slice(0, 4).buffer)[0]);
    if (lit) {
      const pale = colours.map((value, at) => PALE * value + (1 - PALE) * colours[at % 4]);
      this.drawDiscs(pale, 0.8 * this.radius(placed.length), (i) => !lit[i]);
    }
    this.drawDiscs(colours, this.radius(), (i) => !lit || lit[i]);
    this.paint.putImageData(this.image, 0, 0);
  }

  /** Draw points as discs into the pixels, which is several times as fast as by paths. */
  drawDiscs(colours, radius, isDrawn) {
    const { transform, texts } = this;
    const { width, height, data } = this.image;
    const { colour } = this.view;
    const { reach, offset, cover } = this.disc(radius);
    const ratio = devicePixelRatio;
    const scale = ratio * transform.k * this.side;
    const left = ratio * (transform.x + (transform.k * (this.width - this.side)) / 2);
    const bottom = ratio * (transform.y + (transform.k * (this.height + this.side)) / 2);
    for (const i of this.placed) {
      const x = Math.round(left + scale * texts.x[i]);
      const y = Math.round(bottom - scale * texts.y[i]);
      if (x < reach || y < reach || x >= width - reach || y >= height - reach || !isDrawn(i)) continue;
      const middle = 4 * (y * width + x);
      const from = 4 * (1 + colour[i]);
      for (let p = 0; p < cover.length; p++) {
        const at = middle + offset[p];
        for (let channel = 0; channel < 3; channel++) {
          data[at + channel] += cover[p] * (colours[from + channel] - data[at + channel]);
        }
      }
    }
  }

  /** Return the pixels of a disc: their offsets from its middle in the image, and how much of each it covers. */
  disc(size) {
    const radius = size * devicePixelRatio;
    const reach = Math.ceil(radius);
    const offset = [];
    const cover = [];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const covered = Math.min(1, radius + 0.5 - Math.hypot(x, y));
        if (covered <= 0) continue;
        offset.push(4 * (y * this.image.width + x));
        cover.push(OPACITY * covered);
      }
    }
    return { reach, offset, cover };
  }

  /** Return the radius of the points: the fewer are drawn, the larger they are. */
  radius(count = this.bright) {
    const size = Math.max(0.8, Math.min(3.2, 170 / Math.sqrt(count)));
    return Math.min(5, size * this.transform.k ** 0.35);
  }

  drawRing(i, ink, panel) {
    const { paint } = this;
    const [x, y] = this.place(i);
    for (const [colour, width] of [
      [panel, 5],
      [ink, 2],
    ]) {
      paint.beginPath();
      paint.arc(x, y, this.radius() + 4, 0, 2 * Math.PI);
      paint.strokeStyle = colour;
      paint.lineWidth = width;
      paint.stroke();
    }
  }

  drawCross(colour) {
    const { paint } = this;
    const [x, y] = [this.width / 2, this.height / 2];
    paint.strokeStyle = colour;
    paint.lineWidth = 1;
    paint.beginPath();
    for (const [a, b] of [
      [10, 0],
      [0, 10],
    ]) {
      paint.moveTo(x - a, y - b);
      paint.lineTo(x + a, y + b);
    }
    paint.stroke();
  }

  /** Write names at their places, in order, and leave out those that would overlap. */
  drawNames(ink, panel) {
    const { paint } = this;
    const taken = [];
    paint.font = "600 12px system-ui, sans-serif";
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.lineJoin = "round";
    for (const { name, at } of this.view.names) {
      const [x, y] = this.transform.apply([
        (this.width - this.side) / 2 + at[0] * this.side,
        (this.height + this.side) / 2 - at[1] * this.side,
      ]);
      if (x < 0 || y < 0 || x > this.width || y > this.height) continue;
      const half = paint.measureText(name).width / 2 + 4;
      const middle = Math.max(half, Math.min(this.width - half, x));
      if (taken.some(([a, b, other]) => Math.abs(a - middle) < half + other && Math.abs(b - y) < 18)) continue;
      taken.push([middle, y, half]);
      paint.lineWidth = 4;
      paint.strokeStyle = panel;
      paint.strokeText(name, middle, y);
      paint.fillStyle = ink;
      paint.fillText(name, middle, y);
    }
  }
}
