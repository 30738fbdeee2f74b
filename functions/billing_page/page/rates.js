// The rates of a country or a number, for the account's own lines after a sign-in.
import { askAll } from "./api.js";
import { field, fill, h, load, note, page } from "./dom.js";
import { moment, money, placesOf } from "./format.js";
import { table } from "./list.js";
import { isSignedIn } from "./session.js";
import { locale } from "./words.js";

const CODES = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW".match(/../g);
const NETWORKS = "001";
const names = new Intl.DisplayNames(locale, { type: "region" });

export function ratesPage(query) {
	const countries = CODES.map((code) => [code, names.of(code)]).sort(([, one], [, other]) => one.localeCompare(other));
	const [current, place] = [{ country: query.get("country"), number: query.get("number") }, h("div", { "aria-live": "polite" })];
	const country = h("select", { name: "country", onchange: () => go({ country: country.value }) }, h("option", { value: "" }, "Choose a country"),
		[...countries, [NETWORKS, "Satellite and global networks"]].map(([code, name]) => h("option", { value: code, selected: code === current.country }, name)));
	const number = h("input", { type: "tel", name: "number", autocomplete: "off", value: current.number ?? "", placeholder: "+44 20 7183 8750" });
	const numberField = field("Number", number, "With its country code, or as you dial it");
	const form = h("form.tools", { novalidate: true, onsubmit: submit }, field("Country", country), h("span.or", "or"), numberField, h("button", { type: "submit" }, "Look up"));
	if (current.number || current.country) look();
	return page("Rates", `Prices per minute in US dollars for calls from ${isSignedIn() ? "your lines" : "the US and Canada"}. Your plan includes calls within the US and Canada.`, form, place);

	function go(search) {
		if (Object.values(search)[0]) location.hash = `#/rates?${new URLSearchParams(search)}`;
	}
	function submit(event) {
		event.preventDefault();
		const typed = number.value.trim();
		if (!/\d/.test(typed)) refuse();
		else if (typed === current.number) look();
		else go({ number: typed });
	}
	function refuse() {
		numberField.fails("Enter a phone number, such as +44 20 7183 8750 or (212) 555-0100.");
		number.focus();
	}
	function look() {
		const search = current.number ? { number: current.number } : { country: current.country };
		const card = h("div.card");
		fill(place, card);
		numberField.fails(null);
		load(card, () => prices(search), (items) => (items ? show(items, search) : refuse()), 6);
	}
}

/** The prices; undefined for an invalid number. */
function prices(query) {
	const open = !isSignedIn();
	return askAll(open ? "/rates" : "/account/rates", { query, open }).catch((problem) => { if (problem.code !== "invalid_number") throw problem; });
}

function show(items, search) {
	if (!items.length) return note("plain", search.number ? "No rate for this number." : "No rates for this country.", h("p", "Calls to this destination may not be available. Contact your provider."));
	const now = new Date().toISOString();
	const places = Math.max(...items.map((item) => placesOf(item.rate_per_minute)));
	const groups = search.number ? items.map((item) => ({ ...item, prefixes: [item.prefix] })) : group(items);
	return table(["Destination", "Prefixes", "#Per minute", "#Connection fee", "Billing increment"], groups.map((item) => [
		[item.destination, item.origin === "*" ? null : h("span.hint.block", `Calls from ${names.of(item.origin)}`), item.effective_from > now ? h("span.hint.block", `Effective ${moment(item.effective_from)}`) : null],
		h("span", isShortCode(search.number) ? h("span.digits", item.prefix) : prefixes(item.prefixes)), item.included ? "Included" : money(item.rate_per_minute, { places }), item.included ? "None" : money(item.connection_fee), increment(item)]), { isNamed: true });
}

function group(items) {
	const groups = new Map();
	for (const item of items) {
		const key = JSON.stringify([item.destination, item.origin, item.rate_per_minute, item.connection_fee, item.minimum_seconds, item.increment_seconds, item.effective_from, item.included]);
		if (groups.has(key)) groups.get(key).prefixes.push(item.prefix);
		else groups.set(key, { ...item, prefixes: [item.prefix] });
	}
	return [...groups.values()];
}

const isShortCode = (number) => number?.replace(/\D/g, "").length < 7;

function prefixes(list) {
	const [few, more] = [list.slice(0, 6), list.slice(6)];
	const text = (some) => h("span.digits", some.map((prefix) => `+${prefix}`).join(", "));
	return more.length ? [text(few), h("details", h("summary", `and ${more.length} more`), text(more))] : text(few);
}

function increment({ minimum_seconds: minimum, increment_seconds: step, included }) {
	if (included) return "";
	return minimum > step ? `${step} s, minimum ${minimum} s` : `${step} s`;
}
