// The verifiable map: the proof that it holds nothing under a key (docs/reference/map.md).

import { Refusal } from "./canonical.js";
import { joined, same, sha256, utf8 } from "./log.js";

const NODE = 30, KEY = 32, LINKS = 16, EMPTY = new Uint8Array(NODE);
const malformed = (place) => new Refusal("map_proof_malformed", place);
const cut = async (...parts) => (await sha256(...parts)).slice(0, NODE);

export async function mapKey(...names) {
  return sha256(...names.flatMap((name) => {
    const data = utf8(name), length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, data.length);
    return [length, data];
  }));
}

export async function absence(root, key, data) {
  const { depth, way, empty, shown, rest } = decode(data);
  let found = EMPTY;
  if (!empty) found = await otherHash(key, depth, shown, rest);
  for (let at = depth - 1; at >= 0; at--) {
    const right = key[at >> 3] >> (7 - (at & 7)) & 1;
    found = await cut([1], ...(right ? [way[at], found] : [found, way[at]]));
  }
  if (!same(found, root)) throw new Refusal("root_mismatch", "root of the map");
}

// The proof's parts: `way[d]` is the other half at depth d + 1, empty where nothing lies there.
function decode(data) {
  const depth = (data[0] << 8) | data[1], end = data[2];
  if (!(depth <= 8 * KEY) || (end !== 1 && end !== 2)) throw malformed("depth or end");
  const bytes = Math.ceil(depth / 8), bitmap = data.slice(3, 3 + bytes), way = [];
  let stop = 3 + bytes;
  if (bitmap.length !== bytes) throw malformed("bitmap");
  for (let at = 0; at < 8 * bytes; at++) {
    const stands = bitmap[at >> 3] >> (7 - (at & 7)) & 1;
    if (at >= depth && stands) throw malformed("depth and bitmap");
    const sibling = stands ? data.slice(stop, stop + NODE) : EMPTY;
    if (stands && (sibling.length !== NODE || same(sibling, EMPTY))) throw malformed("siblings");
    if (stands) stop += NODE;
    if (at < depth) way.push(sibling);
  }
  if (end === 1) {
    if (data.length !== stop) throw malformed("length");
    return { depth, way, empty: true };
  }
  const until = stop + 1 + (data[stop] ?? 0);
  return { depth, way, empty: false, shown: data.slice(stop + 1, until), rest: data.slice(until) };
}

async function linked(below, data) {
  for (const byte of [...data].reverse()) below = await cut([2, byte], below);
  return below;
}

// The hash of a subtree that holds another entry alone; that it is another one is checked here.
async function otherHash(key, depth, shown, rest) {
  const first = Math.min(depth >> 3, LINKS), end = first + shown.length, place = "the other entry";
  if (!shown.length || end > KEY || (LINKS < end && end < KEY)) throw malformed(place);
  const other = joined(key.slice(0, first), shown, key.slice(end));
  for (let at = 0; at < depth; at++) {
    if ((key[at >> 3] ^ other[at >> 3]) >> (7 - (at & 7)) & 1) throw malformed(`${place} lies elsewhere`);
  }
  if (end <= LINKS) {
    if (other[end - 1] === key[end - 1] || !same(other.slice(0, end - 1), key.slice(0, end - 1))) throw malformed(place);
    if (rest.length !== NODE) throw malformed(place);
    return linked(rest, shown);
  }
  const apart = same(other.slice(0, LINKS), key.slice(0, LINKS)) && !same(other, key);
  if (!apart || rest.length !== 32) throw malformed(place);
  const entry = await cut([0], other, rest);
  return linked(entry, other.slice(Math.min(depth >> 3, LINKS), LINKS));
}
