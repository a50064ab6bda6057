"use strict";
// The page can be read without these scripts, which add maps, search, and lists of all texts.

/** Return the data in an element: JSON, gzipped, in base64. */
async function unpack(element) {
  const signs = atob(element.textContent);
  const bytes = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i++) bytes[i] = signs.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** The texts of a section as columns: text i, which is not row i, is entry i of each. What the section does not have is null. */
class Texts {
  constructor({ text, total, group, second, row_steps, x, y, map_steps, columns, ...measures }) {
    let row = 0;
    this.text = text;
    this.count = text.length;
    this.total = total;
    this.row = Int32Array.from(row_steps, (step) => (row += step));
    this.group = Int32Array.from(group);
    this.second = second && Int32Array.from(second);
    this.x = x && numbers({ low: 0, step: 1 / map_steps, values: x });
    this.y = y && numbers({ low: 0, step: 1 / map_steps, values: y });
    this.typicality = numbers(measures.typicality);
    this.probability = measures.probability ? numbers(measures.probability) : null;
    this.secondProbability = measures.second_probability ? numbers(measures.second_probability) : null;
    this.columns = columns.map(({ name, names, ...column }) => ({
      name,
      names: names ?? null,
      values: names ? Int16Array.from(column.values) : numbers(column),
    }));
  }

  /** Return the value of a column for text i as a reader sees it. */
  shown({ names, values }, i) {
    if (names) return names[values[i]] ?? "unknown";
    return Number.isNaN(values[i]) ? "unknown" : short(values[i]);
  }
}

function numbers({ low, step, values }) {
  return Float32Array.from(values, (value) => (value === null ? NaN : low + step * value));
}

function short(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

const counted = (count) => count.toLocaleString("en");
