// The page on which a certificate is verified. The file is read here and goes nowhere.

import { Refusal } from "./canonical.js";
import { about, certificateIn, check } from "./certificate.js";
import { missing } from "./log.js";

const words = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("check");
const [file, key, witnesses, drop] = ["file", "key", "witnesses", "drop"].map((id) => document.getElementById(id));
const result = document.getElementById("result");
let chosen = null;

start();

async function start() {
  document.getElementById("without-script").hidden = true;
  const lacking = await missing();
  if (lacking) {
    result.replaceChildren(notice("error", words.lacking[lacking], words.command));
    return;
  }
  form.hidden = false;
  file.addEventListener("change", () => choose(file.files[0]));
  form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files[0]);
  });
}

async function choose(found) {
  if (!found) return;
  chosen = new Uint8Array(await found.arrayBuffer());
  await run();
}

async function run() {
  if (!chosen) return file.focus();
  const given = key.value.trim();
  const trusted = witnesses.value.split("\n").map((line) => line.trim()).filter(Boolean);
  try {
    show(await check(await certificateIn(chosen), given, trusted), given);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    result.replaceChildren(notice("error", words.no_certificate, `${sentence(error.code)} [${error.place}]`));
  }
}

function show({ told, digest, findings }, given) {
  const printed = new URLSearchParams(location.hash.slice(1)).get("sha256");
  const all = [...findings];
  if (printed) {
    const right = printed === digest;
    all.unshift({ check: "paper", subject: "", note: "", status: right ? "proved" : "refused", place: digest });
  }
  const refused = all.filter((item) => item.status === "refused");
  const verdict = refused.length
    ? notice("error", words.refused, words.refused_what)
    : given ? notice("success", words.holds, words.holds_key[given === key.defaultValue ? "page" : "own"])
      : notice("warning", words.itself, words.itself_what);
  result.replaceChildren(
    verdict, head(words.says), facts(told, digest), head(words.recipients), recipients(told, findings),
    head(words.checks), checks(all.filter((item) => !["receipt", "way", "journaled"].includes(item.check))),
  );
  result.focus();
}

function facts(told, digest) {
  const at = told.decision.content.at;
  const codes = told.entity.identifiers.map((item) => `${words.codes[item.scheme] ?? item.scheme} ${item.value}`);
  const rows = [
    [words.entity, [told.entity.name, ...codes].join(" · "), "zh-Hans"],
    [words.record, words.kinds[told.removal.content.record_kind] ?? ""],
    [words.found_by, authority(told.found_by)],
    [words.decided_by, authority(told.decided_by)],
    [words.decided_at, instant(at)],
    [words.law, told.law.pack],
    [words.positions, `${told.removal.content.position} · ${told.decision.content.position} (${told.origin})`],
    [words.issued, instant(told.issued_at)],
    ["SHA-256", digest],
  ];
  const list = node("dl", { className: "facts" });
  for (const [term, value, lang] of rows) {
    list.append(node("div", {}, node("dt", {}, term), node("dd", lang ? { lang } : {}, value)));
  }
  return list;
}

function recipients(told, findings) {
  if (!told.recipients.length) return node("p", { className: "empty" }, words.nobody);
  const header = node("tr", {}, ...words.columns.map((name) => node("th", { scope: "col" }, name)));
  const body = node("tbody");
  for (const item of told.recipients) {
    const named = node("th", { scope: "row", lang: "zh-Hans" }, item.name_zh, item.name_en && node("span", { className: "hint", lang: "en" }, ` ${item.name_en}`));
    body.append(recipient(named, item, item.subscriber, findings));
    for (const one of item.further_down ?? []) {
      const way = [...[...one.via].reverse(), item.name_zh].join(" ‹ ");
      const below = node("th", { scope: "row" }, node("span", { lang: "zh-Hans" }, one.holder), node("span", { className: "hint" }, ` ${words.from} ${way}`));
      body.append(recipient(below, one, about(item, one), findings));
    }
  }
  const table = node("table", { className: "stacked" }, node("caption", { className: "hidden" }, words.recipients), node("thead", {}, header), body);
  const region = node("div", { className: "scroll", tabIndex: 0, role: "region" }, table);
  region.setAttribute("aria-label", words.recipients);
  return region;
}

// A line of the list: `named` is its first cell, `who` what its findings are filed under.
function recipient(named, item, who, findings) {
  const found = findings.filter((finding) => finding.subject === who);
  const cells = [
    node("td", {}, mark(item.state, words.states[item.state]), item.due ? ` ${words.due} ${item.due}` : ""),
    node("td", {}, item.since ? instant(item.since, {}) : "—"),
    node("td", {}, ...found.filter((finding) => finding.status !== "open" || finding.check === "journaled").map(line)),
  ];
  cells.forEach((cell, at) => { cell.dataset.label = words.columns[at + 1]; });
  return node("tr", {}, named, ...cells);
}

function checks(findings) {
  return node("ul", { className: "checks" }, ...findings.map((item) => node("li", {}, line(item))));
}

function line(item) {
  const said = words.check[item.check];
  const nobody = item.check === "witnesses" && !item.note;
  const more = item.status === "open" ? words.open[nobody ? "nobody" : item.check] ?? "" : item.note;
  const why = item.status === "refused" ? `${item.code ? sentence(item.code) : words.other_paper} [${item.place}]` : "";
  return node("span", { className: "line" },
    mark(item.status === "proved" ? "ok" : item.status === "refused" ? "refused" : "", words.status[item.status]),
    ` ${said}`, node("span", { className: "hint" }, [more, item.status === "open" ? item.note : "", why].filter(Boolean).map((text) => ` ${text}`).join("")));
}

function sentence(code) {
  return words.errors[code] ?? code;
}

function authority(told) {
  return (words.language === "zh" ? told.name_zh : told.name_en) || told.name_zh;
}

function instant(text, more = { timeStyle: "short" }) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return text;
  const zone = { timeZone: "Asia/Shanghai", dateStyle: "medium", ...more };
  return new Intl.DateTimeFormat(words.language === "zh" ? "zh-CN" : "en-GB", zone).format(at);
}

function notice(kind, title, text) {
  return node("div", { className: `notice ${kind}` }, node("h2", {}, title), node("p", {}, text));
}

function head(text) {
  return node("h2", {}, text);
}

function mark(kind, text) {
  return node("span", { className: `mark ${kind}`.trim() }, text);
}

function node(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== "" && child !== undefined));
  return made;
}
