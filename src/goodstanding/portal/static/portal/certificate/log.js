// Keys, signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) and Merkle proofs (RFC 9162), by WebCrypto.

import { Refusal } from "./canonical.js";

export const utf8 = (text) => new TextEncoder().encode(text);
export const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const same = (one, other) => hex(one) === hex(other);

export function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

// Standard base64 in its one canonical spelling.
export function base64(text, code, place) {
  try {
    const found = atob(text);
    if (btoa(found) === text) return Uint8Array.from(found, (letter) => letter.charCodeAt(0));
  } catch { /* said below */ }
  throw new Refusal(code, place);
}

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export async function verify(message, signature, publicKey, place) {
  let holds = false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    holds = await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    throw new Refusal("key_malformed", place);
  }
  if (!holds) throw new Refusal("signature_invalid", place);
}

// Whether this browser can do what is needed: null, or what is missing.
export async function missing() {
  if (!globalThis.crypto?.subtle) return "secure";
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return null;
  } catch {
    return "ed25519";
  }
}

export const LOG = 1;
export const WITNESS = 4;
export const WITNESS_ML_DSA = 6;

// A key's text form name+identifier+base64; `kinds`: which types may stand there.
export async function decodeKey(text, kinds, place) {
  const [name, id, ...rest] = text.split("+");
  const data = base64(rest.join("+"), "key_malformed", place);
  const right = kinds.includes(data[0]) && data.length === (data[0] === WITNESS_ML_DSA ? 1313 : 33);
  if (!name || /\s/.test(name) || !right) throw new Refusal("key_malformed", place);
  const own = (await sha256(utf8(`${name}\n`), data)).slice(0, 4);
  if (hex(own) !== id) throw new Refusal("key_malformed", `identifier of ${name}`);
  return { name, id: own, kind: data[0], publicKey: data.slice(1), text };
}

function parseNote(note) {
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n") || at + 2 >= note.length) throw new Refusal("note_malformed", "signatures");
  const lines = note.slice(at + 2, -1).split("\n").map((line, number) => {
    const [dash, name, encoded, more] = line.split(" ");
    const place = `signature line ${number + 1}`;
    if (dash !== "—" || !name || !encoded || more !== undefined) throw new Refusal("note_malformed", place);
    const data = base64(encoded, "note_malformed", place);
    if (data.length < 5) throw new Refusal("note_malformed", place);
    return { name, id: data.slice(0, 4), signature: data.slice(4) };
  });
  return { text: note.slice(0, at + 1), lines };
}

const by = (key) => (line) => line.name === key.name && same(line.id, key.id);

// The checkpoint that a log's key signed: its size and root.
export async function checkpoint(note, key, origin) {
  const { text, lines } = parseNote(note);
  const own = lines.filter(by(key));
  if (!own.length) throw new Refusal("signer_unknown", lines.map((line) => line.name).join(", "));
  for (const line of own) await verify(utf8(text), line.signature, key.publicKey, `signature of ${key.name}`);
  const [named, size, root] = text.split("\n");
  if (named !== origin) throw new Refusal("origin_mismatch", `${named} instead of ${origin}`);
  if (!/^(0|[1-9]\d{0,15})$/.test(size)) throw new Refusal("checkpoint_malformed", "line 2, the tree size");
  const found = { size: Number(size), root: base64(root ?? "", "checkpoint_malformed", "line 3, the root hash") };
  if (found.root.length !== 32) throw new Refusal("checkpoint_malformed", "line 3, the root hash");
  return found;
}

// Check the cosignatures of `witnesses` in a note. Returns those witnesses whose line stands there.
export async function cosignatures(note, witnesses) {
  const { text, lines } = parseNote(note);
  const found = [];
  for (const witness of witnesses.filter((key) => key.kind === WITNESS)) {
    const own = lines.filter(by(witness));
    for (const { signature } of own) {
      const place = `cosignature of ${witness.name}`;
      if (signature.length !== 72) throw new Refusal("signature_invalid", place);
      const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
      const message = utf8(`cosignature/v1\ntime ${time}\n${text}`);
      await verify(message, signature.slice(8), witness.publicKey, place);
    }
    if (own.length) found.push(witness);
  }
  return found;
}

export const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

// RFC 9162 section 2.1.3.2. Halves are taken by division: sizes go beyond 32 bits.
export async function inclusion(leaf, index, { size, root }, hashes) {
  const place = `inclusion of leaf ${index} in a tree of ${size}`;
  if (!(index >= 0 && index < size)) throw new Refusal("tree_range", place);
  if (hashes.some((item) => item.length !== 32)) throw new Refusal("hash_length", place);
  let first = index, last = size - 1, computed = leaf;
  const half = () => { first = Math.floor(first / 2); last = Math.floor(last / 2); };
  for (const sibling of hashes) {
    if (last === 0) throw new Refusal("proof_length", place);
    if (first % 2 || first === last) {
      computed = await nodeHash(sibling, computed);
      while (first % 2 === 0 && first) half();
    } else {
      computed = await nodeHash(computed, sibling);
    }
    half();
  }
  if (last) throw new Refusal("proof_length", place);
  if (!same(computed, root)) throw new Refusal("root_mismatch", place);
}
