// Checking a restoration certificate: one finding for each thing that it says (docs/reference/certificate.md).

import { Refusal, canonical, read } from "./canonical.js";
import {
  LOG, WITNESS, WITNESS_ML_DSA, base64, checkpoint, cosignatures, decodeKey, fromHex, hex, inclusion, leafHash, same,
  sha256, utf8, verify,
} from "./log.js";
import { absence, mapKey } from "./map.js";

const CODE = "certificate_malformed";
const MAP = "goodstanding.publishable/1";
const STATES = ["dropped", "not_held", "never_sent", "waiting", "late"];
const AUTHORITY = { code: "string", name_zh: "string", name_en: "string" };
const EVENT = { content: "object", salt: "string", hashes: "array" };
const CERTIFICATE = {
  type: "string", issued_at: "string", origin: "string", key: "string", page: "string", entity: "object",
  found_by: "object", decided_by: "object", law: "object", checkpoint: "string", witnesses: "array",
  decision: "object", removal: "object", absence: "object?", recipients: "array", totals: "object",
};
const RECIPIENT = {
  subscriber: "string", name_zh: "string", name_en: "string", state: "string", position: "count",
  since: "string?", due: "string?", receipt: "string?", journaled: "object?",
};
const FURTHER = {
  holder: "string", via: "array", state: "string", since: "string?", due: "string?", statement: "string?",
  journaled: "object?",
};
const ONWARD = {
  subscriber: "string", position: "count", record: "string", holder: "string", via: "array", receipt: "string",
};
const RECEIPT = {
  subscriber: "string", position: "count", record: "string", action: "string", removed: "count", onward: "array",
  applied_at: "string", checkpoint_size: "count",
};

// The certificate in what the reader chose: the file itself, or the PDF to which it is attached.
export async function certificateIn(data) {
  const text = new TextDecoder("latin1").decode(data);
  if (!text.startsWith("%PDF-")) return data;
  for (const found of text.matchAll(/\/Type\s*\/EmbeddedFile\b[^]*?\bstream\r?\n/g)) {
    const start = found.index + found[0].length;
    const attached = await inflated(data.slice(start, text.indexOf("endstream", start)));
    if (attached && new TextDecoder().decode(attached.slice(0, 15)) === '{"certificate":') return attached;
  }
  throw new Refusal(CODE, "a PDF with no certificate attached");
}

async function inflated(data) {
  for (const end of [data.length, data.length - 1, data.length - 2]) { // a line may end before "endstream"
    try {
      const stream = new Blob([data.slice(0, end)]).stream().pipeThrough(new DecompressionStream("deflate"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    } catch { /* no compressed stream, or not up to here */ }
  }
  return null;
}

// Check a file. `given`: the platform's key as the reader has it, or empty; `trusted`: keys of witnesses, each of which
// must have cosigned. Returns { told, digest, findings }; throws Refusal where the file is no certificate.
export async function check(data, given, trusted) {
  const outer = read(data, CODE);
  fields(outer, { certificate: "object", signature: "string" }, "the file");
  const told = form(outer.certificate);
  const signature = base64(outer.signature, CODE, "signature");
  const findings = [];
  const make = async (name, subject, made) => {
    const finding = { check: name, subject, status: "proved", note: "" };
    findings.push(finding);
    try {
      Object.assign(finding, await made());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      Object.assign(finding, { status: "refused", code: error.code, place: error.place });
    }
  };
  const key = () => decodeKey(told.key, [LOG], "key");
  const log = async () => {
    const own = await key();
    agree(own.name === told.origin, "key and origin");
    return checkpoint(told.checkpoint, own, told.origin);
  };
  await make("key", "", () => pinned(told, given));
  await make("signature", "", async () => {
    const message = utf8(`goodstanding/certificate/v1\n${canonical(told)}`);
    await verify(message, signature, (await key()).publicKey, "signature");
  });
  await make("checkpoint", "", async () => { await log(); });
  await make("witnesses", "", () => witnessed(told, trusted));
  await make("decision", "", () => decided(told, log));
  await make("removal", "", () => removed(told, log));
  await make("absence", "", () => absent(told, log));
  await make("recipients", "", () => complete(told));
  for (const recipient of told.recipients) {
    await make("receipt", recipient.subscriber, () => receipted(told, recipient));
    if (recipient.receipt !== null) {
      await make("journaled", recipient.subscriber, () => journaled(recipient, log));
    }
    for (const item of recipient.further_down ?? []) {
      const who = about(recipient, item);
      await make("way", who, () => cameUp(told, recipient, item));
      if (item.statement !== null) await make("journaled", who, () => passedOn(item, log));
    }
  }
  return { told, digest: hex(await sha256(data)), findings };
}

// What findings about somebody further down are filed under: the recipient's id and the names down to it.
export function about(recipient, item) {
  return [recipient.subscriber, ...item.via, item.holder].join(" › ");
}

function pinned(told, given) {
  if (!given) return { status: "open", note: told.key };
  if (given !== told.key) throw new Refusal("signer_unknown", "key: the certificate names another than the given one");
}

async function witnessed(told, trusted) {
  const named = trusted.length ? trusted : told.witnesses;
  const keys = await Promise.all(named.map((text) => decodeKey(text, [WITNESS, WITNESS_ML_DSA], "witness key")));
  const held = await cosignatures(told.checkpoint, keys);
  const missing = keys.filter((key) => key.kind === WITNESS && !held.includes(key)).map((key) => key.name);
  const later = keys.some((key) => key.kind === WITNESS_ML_DSA);
  if (missing.length) throw new Refusal("quorum_missing", missing.join(", "));
  return { status: trusted.length && !later ? "proved" : "open", note: keys.map((key) => key.name).join(", ") };
}

async function decided(told, log) {
  const content = await logged(told.decision, "decision", log), gone = told.removal.content;
  agree(content.case_state === "granted", "decision.case_state");
  for (const name of ["record", "at"]) agree(content[name] === gone[name], `${name} of decision and removal`);
  agree(content.position > gone.position, "order of decision and removal");
}

async function removed(told, log) {
  const content = await logged(told.removal, "removal", log);
  agree(content.kind === "record.restored", "removal.kind");
  agree(content.state === "restored", "removal.state");
}

async function absent(told, log) {
  if (told.absence === null) return { status: "open" };
  const gone = told.removal.content, content = await logged(told.absence.event, "absence.event", log);
  agree(content.kind === "map.sealed" && content.map === MAP, "absence.event.kind");
  agree(told.absence.class === gone.record_kind, "absence.class");
  agree(Number.isInteger(content.until) && content.until >= gone.position, "absence.event.until and removal.position");
  agree(typeof content.root === "string" && /^[0-9a-f]{60}$/.test(content.root), "absence.event.root");
  const key = await mapKey(MAP, told.absence.class, String(gone.entity));
  await absence(fromHex(content.root), key, base64(told.absence.proof, CODE, "absence.proof"));
  return { subject: String(content.until) };
}

function complete(told) {
  const further = told.recipients.flatMap((one) => (one.further_down ?? []).map((item) => [one, item]));
  const states = [...told.recipients, ...further.map(([, item]) => item)].map((item) => item.state);
  for (const state of STATES) {
    agree(told.totals[state] === states.filter((item) => item === state).length, "totals and recipients");
  }
  const names = [...told.recipients.map((item) => item.subscriber), ...further.map((pair) => about(...pair))];
  agree(new Set(names).size === names.length, "a recipient stands twice");
}

async function receipted(told, recipient) {
  const answered = ["dropped", "not_held"].includes(recipient.state);
  agree(answered === (recipient.receipt !== null), "state and receipt");
  if (recipient.receipt === null) return { status: "open", note: recipient.state };
  const { receipt } = await signedReceipt(recipient.receipt);
  agree(receipt.subscriber === recipient.subscriber, "receipt.subscriber");
  agree(receipt.record === told.removal.content.record, "receipt.record");
  agree(receipt.action === recipient.state, "receipt.action and state");
}

// What a recipient signed of somebody further down, and that one's own receipt inside; beside its own receipt.
async function cameUp(told, recipient, item) {
  if (item.statement === null) {
    agree(["waiting", "late"].includes(item.state), "state and statement");
    return { status: "open", note: item.state };
  }
  await receipted(told, recipient);
  agree(recipient.receipt !== null, "further_down and receipt");
  const { onward } = await signed(item.statement, "onward", ONWARD);
  const { receipt: own } = word(recipient.receipt, "receipt", RECEIPT);
  agree(onward.subscriber === recipient.subscriber, "statement.subscriber");
  agree(onward.position === own.position, "statement.position and receipt.position");
  agree(onward.record === told.removal.content.record, "statement.record");
  agree(canonical([...onward.via, onward.holder]) === canonical([...item.via, item.holder]), "statement.holder and holder");
  const { receipt } = await signedReceipt(onward.receipt);
  agree(receipt.record === onward.record, "statement.receipt");
  agree(receipt.action === item.state, "statement.receipt and state");
}

async function journaled(recipient, log) {
  if (recipient.journaled === null) return { status: "open" };
  const { receipt } = word(recipient.receipt, "receipt", RECEIPT);
  await journals(recipient.journaled, {
    kind: "receipt.recorded", subscriber: receipt.subscriber, record: receipt.record, removal: receipt.position,
    action: receipt.action,
  }, recipient.receipt, log);
}

async function passedOn(item, log) {
  if (item.journaled === null) return { status: "open" };
  const { onward } = word(item.statement, "onward", ONWARD);
  await journals(item.journaled, {
    kind: "receipt.passed_on", subscriber: onward.subscriber, record: onward.record, removal: onward.position,
    holder: onward.holder, action: item.state,
  }, item.statement, log);
}

// That an event of the log says this, and holds the digest of a text.
async function journals(event, wanted, text, log) {
  const content = await logged(event, "journaled", log);
  const digest = hex(await sha256(utf8(text)));
  for (const [name, value] of Object.entries({ ...wanted, digest })) agree(content[name] === value, `journaled.${name}`);
}

function signedReceipt(text) {
  return signed(text, "receipt", RECEIPT);
}

// A word that its signer signed with the key beside it.
async function signed(text, name, wanted) {
  const told = word(text, name, wanted);
  const { subscriber, position } = told[name];
  const place = `${name} of ${subscriber} for position ${position}`;
  const [signature, key] = [told.signature, told.public_key].map((part) => base64(part, "receipt_malformed", place));
  await verify(utf8(`goodstanding/${name}/v1\n${canonical(told[name])}`), signature, key, place);
  return told;
}

function word(text, name, wanted) {
  const told = read(utf8(text), "receipt_malformed");
  fields(told, { [name]: "object", public_key: "string", signature: "string" }, name, "receipt_malformed");
  fields(told[name], wanted, name, "receipt_malformed");
  return told;
}

// The content of an event that is in the log, under the signed checkpoint.
async function logged(event, place, log) {
  const signed = await log(), { content } = event;
  if (!Number.isInteger(content.position) || content.position < 1) {
    throw new Refusal("document_malformed", `${place}.content.position`);
  }
  const salt = base64(event.salt, CODE, `${place}.salt`);
  if (salt.length !== 32) throw new Refusal("salt_length", place);
  const leaf = await leafHash(await sha256(salt, utf8(canonical(content))));
  const hashes = event.hashes.map((item) => base64(item, CODE, `${place}.hashes`));
  await inclusion(leaf, content.position - 1, signed, hashes);
  return content;
}

function agree(condition, place) {
  if (!condition) throw new Refusal("document_contradiction", place);
}

// The parts of a certificate, each of its type, none too many and none too few.
function form(told) {
  fields(told, CERTIFICATE, "certificate");
  if (told.type !== "goodstanding.certificate/1") throw new Refusal(CODE, "certificate.type");
  fields(told.entity, { name: "string", identifiers: "array" }, "certificate.entity");
  told.entity.identifiers.forEach((item) => fields(item, { scheme: "string", value: "string" }, "certificate.entity"));
  for (const name of ["found_by", "decided_by"]) fields(told[name], AUTHORITY, `certificate.${name}`);
  fields(told.law, { pack: "string", digest: "string" }, "certificate.law");
  fields(told.totals, Object.fromEntries(STATES.map((state) => [state, "count"])), "certificate.totals");
  for (const name of ["decision", "removal"]) fields(told[name], EVENT, `certificate.${name}`);
  if (told.absence) {
    fields(told.absence, { class: "string", proof: "string", event: "object" }, "certificate.absence");
    fields(told.absence.event, EVENT, "certificate.absence.event");
  }
  told.recipients.forEach((item, number) => {
    const place = `certificate.recipients[${number}]`, further = item?.further_down;
    fields(item, further === undefined ? RECIPIENT : { ...RECIPIENT, further_down: "array" }, place);
    if (!STATES.includes(item.state) || further?.length === 0) throw new Refusal(CODE, `${place}.state`);
    if (item.journaled) fields(item.journaled, EVENT, `${place}.journaled`);
    (further ?? []).forEach((one) => {
      fields(one, FURTHER, `${place}.further_down`);
      const known = STATES.includes(one.state) && one.state !== "never_sent";
      if (!known || one.via.some((name) => typeof name !== "string")) throw new Refusal(CODE, `${place}.further_down`);
      if (one.journaled) fields(one.journaled, EVENT, `${place}.further_down.journaled`);
    });
  });
  const texts = [...told.witnesses, ...events(told).flatMap((event) => event.hashes)];
  if (texts.some((item) => typeof item !== "string")) throw new Refusal(CODE, "certificate");
  const encoded = [told.absence?.proof, ...events(told).flatMap((event) => [event.salt, ...event.hashes])];
  encoded.filter((item) => item !== undefined).forEach((item) => base64(item, CODE, "certificate"));
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(told.issued_at)) throw new Refusal(CODE, "certificate.issued_at");
  return told;
}

function events(told) {
  const others = told.recipients.flatMap((item) => [item, ...(item.further_down ?? [])]).map((item) => item.journaled);
  return [told.decision, told.removal, told.absence?.event, ...others].filter(Boolean);
}

function fields(value, wanted, place, code = CODE) {
  const names = kindOf(value) === "object" ? Object.keys(value) : null;
  if (!names || canonical(names.sort()) !== canonical(Object.keys(wanted).sort())) throw new Refusal(code, place);
  for (const [name, kind] of Object.entries(wanted)) {
    const found = kindOf(value[name]);
    const right = found === kind.replace("?", "") || (kind.endsWith("?") && found === "null");
    if (!right) throw new Refusal(code, `${place}.${name}`);
  }
}

function kindOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (Number.isSafeInteger(value) && value >= 0) return "count";
  return typeof value;
}
