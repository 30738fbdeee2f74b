// The rates of a country or of one number. Needs no sign-in.
import { askAll } from "./api.js";
import { field, fill, h, load, note, page } from "./dom.js";
import { locale, moment, money, placesOf } from "./format.js";
import { table } from "./list.js";

const CODES = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW".match(/../g);
const NETWORKS = "001";

/** The view; `query` holds the country or the number. */
export function ratesPage(query) {
	const names = new Intl.DisplayNames(locale, { type: "region" });
	const countries = CODES.map((code) => [code, names.of(code)]).sort(([, one], [, other]) => one.localeCompare(other));
	const [current, place] = [{ country: query.get("country"), number: query.get("number") }, h("div", { "aria-live": "polite" })];
	const country = h("select", { name: "country", onchange: () => go({ country: country.value }) }, h("option", { value: "" }, "Choose a country"),
		[...countries, [NETWORKS, "Satellite and global networks"]].map(([code, name]) => h("option", { value: code, selected: code === current.country }, name)));
	const number = h("input", { type: "tel", name: "number", autocomplete: "off", value: current.number ?? "", placeholder: "+44 20 7183 8750" });
	const numberField = field("Number", number, "Include the country code");
	const form = h("form.tools", { novalidate: true, onsubmit: submit }, field("Country", country), h("span.or", "or"), numberField, h("button", { type: "submit" }, "Look up"));
	if (current.number || current.country) look();
	return page("Rates", "Prices per minute in US dollars for calls from the US and Canada. Your plan includes calls within the US and Canada.", form, place);

	function go(search) {
		if (Object.values(search)[0]) location.hash = `#/rates?${new URLSearchParams(search)}`;
	}
	function submit(event) {
		event.preventDefault();
		const digits = number.value.replace(/[\s().-]/g, "").replace(/^00/, "+").replace(/^(?=\d)/, "+");
		if (!/^\+[1-9]\d{4,14}$/.test(digits)) {
			numberField.fails("Enter a full phone number with its country code, such as +44 20 7183 8750.");
			number.focus();
			return;
		}
		if (digits === current.number) look();
		else go({ number: digits });
	}
	function look() {
		const search = current.number ? { number: current.number } : { country: current.country };
		const found = h("div.card");
		fill(place, found);
		load(found, () => askAll("/rates", { query: search, open: true }), (items) => show(items, search), 6);
	}
}

function show(items, search) {
	if (!items.length) return note("plain", search.number ? "No rate for this number." : "No rates for this country.", h("p", "Calls to this destination may not be available. Contact your provider."));
	const now = new Date().toISOString();
	const places = Math.max(...items.map((item) => placesOf(item.rate_per_minute)));
	const groups = search.number ? items.map((item) => ({ ...item, prefixes: [item.prefix] })) : group(items);
	return table(["Destination", "Prefixes", "#Per minute", "#Connection fee", "Billing increment"], groups.map((item) => [
		[item.destination, item.effective_from > now ? h("span.hint.block", `Effective ${moment(item.effective_from)}`) : null],
		h("span", prefixes(item.prefixes)), item.included ? "Included" : money(item.rate_per_minute, { places }), item.included ? "None" : money(item.connection_fee), increment(item)]), { isNamed: true });
}

/** Merge rows that differ only in their prefix. */
function group(items) {
	const found = new Map();
	for (const item of items) {
		const key = JSON.stringify([item.destination, item.rate_per_minute, item.connection_fee, item.minimum_seconds, item.increment_seconds, item.effective_from, item.included]);
		if (found.has(key)) found.get(key).prefixes.push(item.prefix);
		else found.set(key, { ...item, prefixes: [item.prefix] });
	}
	return [...found.values()];
}

function prefixes(list) {
	const [few, more] = [list.slice(0, 6), list.slice(6)];
	const text = (some) => h("span.digits", some.map((prefix) => `+${prefix}`).join(", "));
	return more.length ? [text(few), h("details", h("summary", `and ${more.length} more`), text(more))] : text(few);
}

function increment({ minimum_seconds: minimum, increment_seconds: step, included }) {
	if (included) return "";
	return minimum > step ? `${step} s, minimum ${minimum} s` : `${step} s`;
}
