// A word, or one character of a script that is written without spaces.
const UNSPACED = "[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}]";
const WORD = new RegExp(`${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}_])+`, "gu");

/** Return a text without case and accents. */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const wordsOf = (text) => (text.match(WORD) ?? []).map(folded);

/** Ranked search in texts by the beginnings of words. */
class TextSearch {
  constructor(texts) {
    this.texts = texts;
    this.index = new MiniSearch({ fields: ["text"], tokenize: wordsOf, processTerm: (word) => word });
    this.ready = null;
  }

  /** Build the index in slices, between which the page stays responsive. */
  prepare() {
    this.ready ??= (async () => {
      for (let i = 0; i < this.texts.length;) {
        const end = performance.now() + 15;
        for (; i < this.texts.length && performance.now() < end; i++) this.index.add({ id: i, text: this.texts[i] });
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    return this.ready;
  }

  get isReady() {
    return this.index.documentCount === this.texts.length;
  }

  /** Return the texts that contain a query as it stands, in no order. */
  scan(query) {
    const phrase = folded(query);
    return [...this.texts.keys()].filter((i) => folded(this.texts[i]).includes(phrase));
  }

  /** Return the texts that match, best first, and whether they have the words of the query or only similar ones. */
  find(query) {
    const phrase = folded(query);
    const search = (options) => this.index.search(query, { combineWith: "AND", ...options }).map(({ id }) => id);
    const ranked = search({ prefix: true });
    if (ranked.length > 0) {
      const whole = new Set(ranked.filter((i) => folded(this.texts[i]).includes(phrase)));
      return { hits: [...whole, ...ranked.filter((i) => !whole.has(i))], exact: true };
    }
    const hits = this.scan(query);
    return hits.length > 0 ? { hits, exact: true } : { hits: search({ prefix: true, fuzzy: 0.2 }), exact: false };
  }
}

/** Put a text into an element; words that begin with one of `words` are marked. */
function mark(element, text, words) {
  let end = 0;
  for (const { 0: word, index } of words.length ? text.matchAll(WORD) : []) {
    if (!words.some((begin) => folded(word).startsWith(begin))) continue;
    element.append(text.slice(end, index), make("mark", { textContent: word }));
    end = index + word.length;
  }
  element.append(text.slice(end));
}
