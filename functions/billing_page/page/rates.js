// What calls cost, by country or for one number. Needs no sign-in.
import { askAll } from "./api.js";
import { field, fill, h, load, note, page } from "./dom.js";
import { locale, moment, money, placesOf } from "./format.js";
import { table } from "./list.js";

const CODES = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW".match(/../g);
const NETWORKS = "001";

/** The page; `query` of its address says what is asked. */
export function ratesPage(query) {
	const names = new Intl.DisplayNames(locale, { type: "region" });
	const countries = CODES.map((code) => [code, names.of(code)]).sort(([, one], [, other]) => one.localeCompare(other));
	const [asked, place] = [{ country: query.get("country"), number: query.get("number") }, h("div", { "aria-live": "polite" })];
	const country = h("select", { name: "country", onchange: () => go({ country: country.value }) }, h("option", { value: "" }, "Choose a country"),
		[...countries, [NETWORKS, "Satellite and global networks"]].map(([code, name]) => h("option", { value: code, selected: code === asked.country }, name)));
	const number = h("input", { type: "tel", name: "number", autocomplete: "off", value: asked.number ?? "", placeholder: "+44 20 7183 8750" });
	const numberField = field("Number", number, "With its country code");
	const form = h("form.tools", { novalidate: true, onsubmit: submit }, field("Country", country), h("span.or", "or"), numberField, h("button", { type: "submit" }, "Look up"));
	if (asked.number || asked.country) look();
	return page("Rates", "Prices a minute for calls from the US and Canada, in US dollars. Calls inside are part of your plan.", form, place);

	function go(wanted) {
		if (Object.values(wanted)[0]) location.hash = `#/rates?${new URLSearchParams(wanted)}`;
	}
	function submit(event) {
		event.preventDefault();
		const digits = number.value.replace(/[\s().-]/g, "").replace(/^00/, "+").replace(/^(?=\d)/, "+");
		if (!/^\+[1-9]\d{4,14}$/.test(digits)) {
			numberField.fails("Type a whole number with its country code, such as +44 20 7183 8750.");
			number.focus();
			return;
		}
		if (digits === asked.number) look();
		else go({ number: digits });
	}
	function look() {
		const wanted = asked.number ? { number: asked.number } : { country: asked.country };
		const found = h("div.card");
		fill(place, found);
		load(found, () => askAll("/rates", { query: wanted, open: true }), (items) => show(items, wanted), 6);
	}
}

function show(items, wanted) {
	if (!items.length) return note("plain", wanted.number ? "There is no price for this number." : "There are no prices for this country.", h("p", "Calls there may not be possible; ask your provider."));
	const now = new Date().toISOString();
	const places = Math.max(...items.map((item) => placesOf(item.rate_per_minute)));
	const groups = wanted.number ? items.map((item) => ({ ...item, prefixes: [item.prefix] })) : grouped(items);
	return table(["Destination", "Numbers that begin with", "#A minute", "#Connection fee", "Counted in"], groups.map((item) => [
		[item.destination, item.effective_from > now ? h("span.hint.block", `From ${moment(item.effective_from)}`) : null],
		h("span", prefixes(item.prefixes)), item.included ? "Included" : money(item.rate_per_minute, { places }), item.included ? "None" : money(item.connection_fee), steps(item)]), { isNamed: true });
}

/** Rows that differ in nothing but their prefix are one. */
function grouped(items) {
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

function steps({ minimum_seconds: least, increment_seconds: step, included }) {
	if (included) return "";
	const by = step === 1 ? "by the second" : `steps of ${step} s`;
	return least > step ? `${by}, at least ${least} s` : by;
}
