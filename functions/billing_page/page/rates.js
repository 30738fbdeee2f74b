// The rates of a country or a number, found in one field; the account's own prices after a sign-in.
import { askAll } from "./api.js";
import { combobox } from "./combobox.js";
import { countryName, digitsOf, findCountries, looksLikeNumber } from "./countries.js";
import { fill, h, load, note, page } from "./dom.js";
import { dayOf, duration, longDay, money, placesOf } from "./format.js";
import { table } from "./list.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import words from "messages/rates";

const t = translator(words);
const ROWS = "3";
const FEW_PREFIXES = 6;
const SHORTEST_NUMBER = 5;
const SHORTEST_CODE = 3;
const SHORT_CODE = 7;
const ACCESS_CODE = /^(00|011)(?=[ \d])/;

export function ratesPage(query, user) {
	const wanted = { number: query.get("number"), country: query.get("country"), lineId: user && query.get("line_id"), isAll: query.has("all") };
	const place = h("div", { "aria-live": "polite" });
	const box = combobox(t("field"), t("fieldHint"), { name: "destination", value: wanted.number ?? (wanted.country ? countryName(wanted.country) : ""), offers, choose: ({ value }) => go(value), enter: refuse });
	const form = h("form.tools", { novalidate: true, role: "search", onsubmit: (event) => { event.preventDefault(); submit(); } }, box, h("button", { type: "submit" }, t("lookUp")));
	look();
	return page(t("title"), t(user ? "leadOwn" : "lead"), wanted.lineId ? lineNote(wanted.lineId, back()) : null, form, place);

	/** The address of a search, with the line that the prices are for. */
	function go(search) {
		const address = addressOf(search, wanted.lineId);
		if (location.hash === address) look();
		else location.hash = address;
	}
	function back() {
		return addressOf(wanted.number ? { number: wanted.number } : wanted.country ? { country: wanted.country } : {}, null);
	}
	function submit() {
		const text = box.input.value.trim();
		const offer = box.first();
		if (offer) go(offer.value);
		else refuse(text);
	}
	function refuse(text) {
		box.fails(looksLikeNumber(text) ? t("invalidNumber") : t("unknownCountry"));
		box.input.focus();
	}
	function look() {
		const card = h("div.card");
		fill(place, card);
		box.fails(null);
		load(card, () => prices(wanted, user), (items) => (items ? show(items, wanted) : refuse(wanted.number)), 6);
	}
}

function addressOf(search, lineId) {
	const query = new URLSearchParams({ ...search, ...(lineId && { line_id: lineId }) });
	return `#/rates${query.size ? `?${query}` : ""}`;
}

/** What a text may mean: a number, a country, or the beginning of a country's numbers. */
function offers(text) {
	const plain = text.replace(ACCESS_CODE, "+");
	const found = findCountries(plain).map(({ code, name, prefixes }) => ({ value: { country: code }, label: name, detail: prefixes.map((prefix) => `+${prefix}`).join(", ") }));
	if (!looksLikeNumber(text)) return found;
	const size = digitsOf(plain).length;
	const number = { value: { number: text }, label: t("ofNumber", { number: text }) };
	if (plain.startsWith("+")) return size < SHORTEST_NUMBER ? found : [number, ...found];
	if (size < SHORTEST_CODE) return found;
	return size < SHORTEST_NUMBER ? [number, ...found] : [number];
}

/** The prices; undefined for an invalid number. */
function prices({ number, country, lineId, isAll }, user) {
	const query = number ? { number } : country ? { country, rows: isAll ? null : ROWS } : { popular: "1" };
	return askAll(user ? "/account/rates" : "/rates", { query: { ...query, line_id: lineId || null }, open: !user }).catch((problem) => { if (problem.code !== "invalid_number") throw problem; });
}

function lineNote(lineId, all) {
	const number = h("span.digits", lineId);
	askAll("/lines").then((lines) => { number.textContent = spaced(lines.find(({ line_id: id }) => id === lineId)?.number ?? lineId); }, () => {});
	return note("plain", null, h("p", t("ofLine", { number })), h("p", h("a", { href: all }, t("allLines"))));
}

function show(items, wanted) {
	const { number, country, isAll, lineId } = wanted;
	if (!items.length) return note("plain", t(number ? "noneForNumber" : country ? "noneForCountry" : "nonePopular"), h("p", t("noneHint")));
	const groups = number ? current(items).map((item) => ({ ...item, prefixes: [item.prefix] })) : group(current(items));
	const places = Math.max(...groups.flatMap((item) => [item, ...(item.rate_steps ?? [])]).map((priced) => placesOf(priced.rate_per_minute)));
	const title = number ? t("forNumber", { number: spaced(number) }) : country ? countryName(country) : t("popular");
	const more = items.reduce((sum, item) => sum + (item.more ?? 0), 0);
	return [h("h2", title),
		table([t("destination"), t("prefixes"), `#${t("perMinute")}`, `#${t("fee")}`, t("billing")], groups.map((item) => row(item, places, wanted)), { isNamed: true, looks: "rates", caption: title }),
		country && more ? h("p.more", h("a", { href: addressOf({ country, all: "1" }, lineId) }, t("allPrefixes", { count: more }))) : null,
		country && isAll ? h("p.more", h("a", { href: addressOf({ country }, lineId) }, t("fewRows"))) : null,
		number && !isShortCode(number) ? h("p.more", h("a", { href: addressOf({ country: items[0].country }, lineId) }, t("ofCountry", { country: countryName(items[0].country) }))) : null];
}

function row(item, places, { number, country }) {
	const { destination, origin, effective_from: from, included, changes_at: changes, next_rate_per_minute: next } = item;
	const bare = h("bdi", destination);
	const name = number || country ? bare : h("a", { href: addressOf({ country: item.country }, null) }, bare);
	const isAhead = from > new Date().toISOString();
	return [
		h("span", name, origin === "*" ? null : h("span.hint.block", t("callsFrom", { country: countryName(origin) })), isAhead ? h("span.hint.block", t("effective", { day: day(from) })) : null),
		h("span", number && isShortCode(number) ? h("span.digits", item.prefix) : prefixes(item.prefixes)),
		h("span", included ? t("included") : money(item.rate_per_minute, { places }), (item.rate_steps ?? []).map((step) => h("span.hint.block", stepText(step, places))),
			changes && next !== null ? h("span.pill.wait.block", t("changes", { day: day(changes), price: [money(next, { places }), ...(item.next_rate_steps ?? []).map((step) => stepText(step, places))].join(", ") })) : null),
		included ? t("none") : money(item.connection_fee), increment(item)];
}

const isShortCode = (number) => digitsOf(number).length < SHORT_CODE;
const day = (instant) => longDay(dayOf(instant));

/** The rows without those that only repeat the announced change of another row. */
function current(items) {
	const announced = new Set(items.filter((item) => item.changes_at).map((item) => `${item.prefix} ${item.origin} ${item.changes_at}`));
	return items.filter((item) => !announced.has(`${item.prefix} ${item.origin} ${item.effective_from}`));
}

function group(items) {
	const groups = new Map();
	for (const item of items) {
		const { prefix: _prefix, more: _more, price_list: _list, markup_percent: _markup, base_rate_per_minute: _base, ...same } = item;
		const key = JSON.stringify(same);
		if (groups.has(key)) groups.get(key).prefixes.push(item.prefix);
		else groups.set(key, { ...item, prefixes: [item.prefix] });
	}
	return [...groups.values()];
}

function prefixes(list) {
	const [few, more] = [list.slice(0, FEW_PREFIXES), list.slice(FEW_PREFIXES)];
	const text = (some) => h("span.digits", some.map((prefix) => `+${prefix}`).join(", "));
	return more.length ? [text(few), h("details", h("summary", t("andMore", { count: more.length })), text(more))] : text(few);
}

/** A later rate of the same call: "$0.01 after 1:00". */
const stepText = ({ from_second: from, rate_per_minute: rate }, places) => t("after", { rate: money(rate, { places }), duration: duration(from) });

/** How a call is billed: "by the minute", "in steps of 6 seconds, at least 30 seconds". */
function increment({ minimum_seconds: minimum, increment_seconds: step, rate_steps: later, included }) {
	if (included) return "";
	const first = minimum > step ? t("atLeast", { steps: unit(step), count: minimum }) : unit(step);
	return later ? h("span", first, later.map(({ from_second: from, increment_seconds: size }) => h("span.hint.block", t("after", { rate: unit(size), duration: duration(from) })))) : first;
}

const unit = (step) => (step === 1 ? t("bySecond") : step === 60 ? t("byMinute") : t("bySteps", { count: step }));
