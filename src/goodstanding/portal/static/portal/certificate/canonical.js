// Canonical JSON (RFC 8785), and reading it strictly.

// What is refused: a code of the platform's proofs, and the place.
export class Refusal extends Error {
  constructor(code, place) {
    super(`${code}: ${place}`);
    this.code = code;
    this.place = place;
  }
}

// Write a value as canonical JSON. JavaScript writes numbers and texts as RFC 8785 demands, and sorts by UTF-16 units.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort().map((name) => `${text(name)}:${canonical(value[name])}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "string") return text(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Refusal("canonical_type", String(value));
  return JSON.stringify(value);
}

// Read bytes that must be canonical JSON with no numbers but whole ones; throws Refusal `code`.
export function read(data, code) {
  let told, written;
  try {
    const found = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    told = JSON.parse(found);
    written = canonical(told) === found;
    wholeNumbers(told);
  } catch (error) {
    throw new Refusal(code, error.message.slice(0, 200));
  }
  if (!written) throw new Refusal(code, "not in canonical form");
  return told;
}

function text(value) {
  if (/\p{Surrogate}/u.test(value)) throw new Refusal("canonical_text", "lone surrogate");
  return JSON.stringify(value);
}

function wholeNumbers(value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Refusal("canonical_integer", String(value));
  if (value !== null && typeof value === "object") Object.values(value).forEach(wholeNumbers);
}
