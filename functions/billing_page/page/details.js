// The company's billing details: its legal name, address, and tax ID, which receipts show, and what else receipts need.
import { ask } from "./api.js";
import { countries, countryName, NETWORKS } from "./countries.js";
import { failure, field, fill, h, load, note, say } from "./dom.js";
import { settingsView } from "./settings_index.js";
import { memberNote } from "./whom.js";
import { translator } from "./words.js";
import words from "messages/details";

const t = translator(words);
const KINDS = ["au_abn", "ca_bn", "ca_gst_hst", "ch_vat", "eu_vat", "gb_vat", "mx_rfc", "no_vat", "nz_gst", "us_ein"];
const NEEDED = ["legal_name", "line1", "city", "country"];
const WITH_REGION = ["CA", "US"]; // Their tax depends on it.
const LONGEST = { city: 80, postal_code: 16, value: 40, po_number: 40 };
const ADDRESS = [["line1", "address-line1"], ["line2", "address-line2"], ["city", "address-level2"], ["region", "address-level1"], ["postal_code", "postal-code"]];
const PARTS = [...ADDRESS.map(([name]) => name), "country"];

export function detailsPage(_query, { isAdmin }) {
	const place = h("div");
	load(place, () => ask("GET", "/billing-details"), (details) => (isAdmin ? detailsForm(details) : detailsTable(details)), 8);
	return settingsView(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), h("div.card", place));
}

/** The details as texts by the names of their fields. */
function flat({ legal_name: name, address, tax_id: id, po_number: po, email_receipts: email }) {
	const parts = Object.fromEntries(PARTS.map((part) => [part, address?.[part] ?? ""]));
	return { legal_name: name ?? "", ...parts, kind: id?.kind ?? "", value: id?.value ?? "", po_number: po ?? "", email_receipts: email ? "yes" : "" };
}

/** The details for those who may only read them. */
function detailsTable(details) {
	const known = flat(details);
	const lines = [known.line1, known.line2, [known.city, known.region, known.postal_code].filter(Boolean).join(" "), known.country && countryName(known.country)].filter(Boolean);
	const rows = [["legal_name", known.legal_name], ["address", lines.map((line) => h("bdi.block", line))], ["taxId", known.value && `${kindName(known.kind)}: ${known.value}`], ["po_number", known.po_number], ["email", t(known.email_receipts ? "yes" : "no")]];
	return h("dl.sum", rows.map(([name, value]) => h("div", h("dt", t(name)), h("dd", value.length ? value : h("span.hint", t("none"))))));
}

/** The name of a kind; of one that this page does not know, its code. */
const kindName = (kind) => (`kind_${kind}` in words ? t(`kind_${kind}`) : kind.replaceAll("_", " "));

function detailsForm(loaded) {
	let [stored, saved] = [loaded, flat(loaded)];
	const isDirty = new Set();
	const [inputs, fields] = [{}, {}];
	const alert = h("div", { role: "alert" });
	const button = h("button.main", { type: "submit" }, t("save"));
	const text = (name, autocomplete, hint, label = t(name)) => add(name, h("input", { type: "text", name, autocomplete, maxlength: LONGEST[name] ?? 120 }), label, hint);
	const kinds = [...new Set([...KINDS, saved.kind])].filter(Boolean);
	const places = countries().filter(({ code }) => code !== NETWORKS);
	text("legal_name", "organization");
	for (const [name, autocomplete] of ADDRESS) text(name, autocomplete, name === "region" ? t("regionHint") : null);
	add("country", h("select", { name: "country", autocomplete: "country" }, h("option", { value: "" }, t("chooseCountry")), places.map(({ code, name }) => h("option", { value: code }, name))), t("country"));
	add("kind", h("select", { name: "kind" }, h("option", { value: "" }, t("noKind")), kinds.map((kind) => h("option", { value: kind }, kindName(kind)))), t("kind"));
	text("value", "off", t("valueHint"));
	text("po_number", "off", t("poHint"));
	const check = inputs.email_receipts = h("input", { type: "checkbox", id: "email-receipts", name: "email_receipts", "aria-describedby": "email-receipts-hint", onchange: () => isDirty.add("email_receipts") });
	const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); save(); } }, fields.legal_name,
		h("fieldset", h("legend", t("address")), fields.line1, fields.line2, h("div.pair", fields.city, fields.region), h("div.pair", fields.postal_code, fields.country)),
		h("fieldset", h("legend", t("taxId")), h("div.pair", fields.kind, fields.value)),
		h("fieldset", h("legend", t("receipts")), fields.po_number, h("div.choice", check, h("label", { for: check.id }, t("email"), h("span.hint", { id: "email-receipts-hint" }, t("emailHint"))))),
		alert, h("div.actions", button));
	show();
	return form;

	function add(name, input, label, hint) {
		const change = () => { isDirty.add(name); fields[name].fails(null); fields.value.hidden = !inputs.kind.value; };
		input.addEventListener("input", change);
		inputs[name] = input;
		fields[name] = field(label, input, hint);
	}
	function show() {
		for (const [name, input] of Object.entries(inputs)) {
			if (isDirty.has(name)) continue;
			if (input === check) input.checked = saved.email_receipts === "yes";
			else input.value = saved[name];
		}
		fields.value.hidden = !inputs.kind.value;
	}
	function read() {
		return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input === check ? (input.checked ? "yes" : "") : input.value.trim()]));
	}
	async function save() {
		const typed = read();
		const needed = [...NEEDED, ...(typed.kind ? ["value"] : []), ...(WITH_REGION.includes(typed.country) ? ["region"] : [])];
		for (const [name, box] of Object.entries(fields)) box.fails(needed.includes(name) && !typed[name] ? t("needed") : null);
		fill(alert);
		const wrong = form.querySelector("[aria-invalid]");
		if (wrong) return wrong.focus();
		if (Object.keys(typed).every((name) => typed[name] === saved[name])) return fill(alert, note("plain", t("nothingChanged")));
		button.disabled = true;
		try {
			stored = await ask("PUT", "/billing-details", { body: { ...bodyOf(typed), version: stored.version } });
			saved = flat(stored);
			isDirty.clear();
			show();
			fill(alert, note("good", t("saved")));
			say(t("saved"));
		} catch (problem) {
			const field = { invalid_tax_id: fields.value, invalid_field: WITH_REGION.includes(typed.country) ? fields.region : null }[problem.code];
			if (problem.current) conflict(problem.current);
			else if (field) refuse(field, problem);
			else fill(alert, failure(problem));
		}
		button.disabled = false;
		return undefined;
	}
	function refuse(box, problem) {
		box.fails(problem.code === "invalid_field" ? t("regionWrong") : problem.detail);
		box.querySelector("input").focus();
	}
	/** Show what someone else saved, and keep what was entered here. */
	function conflict(current) {
		[stored, saved] = [current, flat(current)];
		show();
		fill(alert, note("wait", t("changedMeanwhile"), h("p", t("saveAgain"))));
	}
}

/** The body of a change, without its version. */
function bodyOf(typed) {
	const address = Object.fromEntries(PARTS.map((name) => [name, typed[name] || null]));
	return { legal_name: typed.legal_name, address, tax_id: typed.kind ? { kind: typed.kind, value: typed.value } : null, po_number: typed.po_number || null, email_receipts: typed.email_receipts === "yes" };
}
