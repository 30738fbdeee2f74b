// The customer's limits against fraud and surprises, below the provider's.
import { differenceWords } from "./activity_words.js";
import { ask } from "./api.js";
import { amountInput, failure, field, fill, h, load, note, say } from "./dom.js";
import { count, micros, money, typedAmount } from "./format.js";
import { placeList } from "./place_list.js";
import { settingsView } from "./settings_index.js";
import { memberNote, providerLink } from "./whom.js";
import { locale, translator } from "./words.js";
import words from "messages/limits";

const t = translator(words);
const MONEY = ["daily_spend", "call_price", "high_cost"];
const NUMBERS = ["daily_spend", "call_price", "simultaneous_calls", "high_cost"];
const PLACES = { blocked: { most: 300, shortest: 1, hasNetworks: true }, high_cost_allowed: { most: 20, shortest: 3, hasNetworks: false } };
const CAPS = ["first_country_cap", "young_money_cap"];
const UNNAMED = { number: String, person: String };
const COUNT = /^\d{1,5}$/;

const typed = (amount) => new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 4, useGrouping: false }).format(amount);
const inWords = (name, value) => (MONEY.includes(name) ? money(value) : count(value));

export function limitsPage(_query, { isAdmin }) {
	const place = h("div");
	load(place, () => ask("GET", "/limits"), (limits) => (isAdmin ? limitsForm(limits) : limitsTable(limits)), 8);
	return settingsView(t("title"), t("lead"), isAdmin ? null : memberNote(t("readOnly")), h("div.card", place));
}

/** The limits for those who may only read them. */
function limitsTable(limits) {
	const numbers = NUMBERS.map((name) => h("div", h("dt", t(`limit_${name}`)), h("dd", inWords(name, limits[name]))));
	const places = Object.keys(PLACES).map((name) => placeList(t(`limit_${name}`), t(`hint_${name}`), { name, places: limits[name], fixed: [], isReadOnly: true }));
	return [h("dl.sum", numbers), places, caps(limits)];
}

/** The caps that the provider switched on; the customer cannot change them. */
function caps({ operator }) {
	const known = CAPS.filter((name) => operator[name] != null);
	return known.length ? h("div.field", h("h2", t("caps")), h("dl.sum", known.map((name) => h("div", h("dt", t(`limit_${name}`), h("span.hint.block", t(`hint_${name}`))), h("dd", money(operator[name])))))) : null;
}

function limitsForm(loaded) {
	let [limits, isDirty] = [loaded, new Set()];
	const alert = h("div", { role: "alert" });
	const button = h("button.main", { type: "submit" }, t("save"));
	const fields = Object.fromEntries([...NUMBERS.map((name) => [name, numberField(name)]), ...Object.keys(PLACES).map((name) => [name, placesField(name)])]);
	const form = h("form.limits", { novalidate: true, onsubmit: (event) => { event.preventDefault(); save(); } }, limits.frozen ? note("wait", t("frozen")) : null,
		h("div.pair", NUMBERS.map((name) => fields[name])), Object.keys(PLACES).map((name) => fields[name]), caps(limits), alert, h("div.actions", button), h("p.hint", t("raise"), " ", providerLink()));
	show();
	return form;

	function numberField(name) {
		const change = () => { isDirty.add(name); box.fails(null); };
		const input = MONEY.includes(name) ? amountInput(name, "", change) : h("input", { type: "text", inputmode: "numeric", autocomplete: "off", name, oninput: change });
		input.required = false;
		const box = field(t(`limit_${name}`), input, t(`hint_${name}`, { bound: inWords(name, limits.operator[name]) }));
		box.set = (value) => { input.value = value === undefined ? "" : MONEY.includes(name) ? typed(value) : String(value); };
		box.input = input;
		input.placeholder = MONEY.includes(name) ? typed(limits.operator[name]) : String(limits.operator[name]);
		return box;
	}
	function placesField(name) {
		return placeList(t(`limit_${name}`), t(`hint_${name}`), { name, places: limits.own[name] ?? [], fixed: limits.operator[name], changed: () => isDirty.add(name), ...PLACES[name] });
	}
	function show() {
		for (const [name, box] of Object.entries(fields)) if (!isDirty.has(name)) box.set(limits.own[name] ?? (name in PLACES ? [] : undefined));
	}
	/** The new value of a number, null to remove the own limit; undefined if it is wrong. */
	function read(name) {
		const box = fields[name];
		const text = box.input.value.trim();
		if (!text) return null;
		const bound = limits.operator[name];
		const value = MONEY.includes(name) ? typedAmount(text) : COUNT.test(text) ? Number(text) : null;
		if (value === null) box.fails(t(MONEY.includes(name) ? "amountForm" : "countForm"));
		else if (MONEY.includes(name) ? micros(value) > micros(bound) : value > bound) box.fails(t("above", { bound: inWords(name, bound) }));
		else return value;
		return undefined;
	}
	async function save() {
		fill(alert);
		const body = {};
		for (const name of isDirty) body[name] = name in PLACES ? fields[name].value() : read(name);
		const wrong = NUMBERS.find((name) => name in body && body[name] === undefined);
		if (wrong) return fields[wrong].input.focus();
		if (!isDirty.size) return fill(alert, note("plain", t("nothingChanged")));
		button.disabled = true;
		try {
			limits = await ask("PUT", "/limits", { body: { ...body, version: limits.version } });
			isDirty.clear();
			show();
			fill(alert, note("good", t("saved")));
			say(t("saved"));
		} catch (problem) {
			if (problem.current) conflict(problem.current);
			else fill(alert, failure(problem));
		}
		button.disabled = false;
		return undefined;
	}
	/** Show what someone else changed, and keep what was entered here. */
	function conflict(current) {
		const rows = differenceWords(changedOwn(limits.own, current.own), changedOwn(current.own, limits.own), UNNAMED);
		limits = current;
		show();
		fill(alert, note("wait", t("changedMeanwhile"), rows.map((text) => h("p", text)), h("p", t("saveAgain"))));
	}
}

/** The fields of `own` that differ from `other`; an absent one is null. */
function changedOwn(own, other) {
	const names = [...new Set([...Object.keys(own), ...Object.keys(other)])];
	return Object.fromEntries(names.filter((name) => JSON.stringify(own[name]) !== JSON.stringify(other[name])).map((name) => [name, own[name] ?? null]));
}
