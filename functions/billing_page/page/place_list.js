// A list of places (countries and prefixes) that can be searched, added, and removed.
import { combobox } from "./combobox.js";
import { digitsOf, findCountries, looksLikeNumber, NETWORKS, placeName } from "./countries.js";
import { fill, h, say } from "./dom.js";
import { translator } from "./words.js";
import words from "messages/limits";

const t = translator(words);

/** A field for places. `value()` returns them; options: `fixed` (of the provider), `most`, `shortest` digits of a prefix, and
 * whether global networks may be chosen. */
export function placeList(label, hint, { name, places, fixed, most, shortest, hasNetworks, isReadOnly, changed }) {
	let chosen = [...places];
	const list = h("ul.places", { "aria-label": label });
	const box = isReadOnly ? h("div.field", h("h2", label), h("p.hint", hint)) : combobox(label, hint, { name, offers, choose, enter: () => box.fails(t("unknownPlace")) });
	const element = h("div.places-field", box, list, fixed.length ? h("p.hint", t("fixedPlaces", { places: fixed.map(placeName).join(", ") })) : null);
	element.value = () => chosen;
	element.set = (others) => { chosen = [...others]; show(); };
	element.fails = (text) => box.fails?.(text);
	show();
	return element;

	function show() {
		chosen.sort((one, other) => placeName(one).localeCompare(placeName(other)));
		fill(list, chosen.map((place) => h("li.place", h("span", placeName(place)), isReadOnly ? null : h("button.quiet", { "aria-label": t("removePlace", { place: placeName(place) }), onclick: () => remove(place) }, "✕"))));
		list.hidden = !chosen.length;
		if (isReadOnly && !chosen.length && !fixed.length) fill(element, box, h("p", t("noPlaces")));
	}
	function offers(text) {
		const found = findCountries(text).filter(({ code }) => hasNetworks || code !== NETWORKS).map(({ code, name: shown, prefixes }) => ({ value: code, label: shown, detail: prefixes.map((prefix) => `+${prefix}`).join(", ") }));
		const digits = digitsOf(text);
		if (!looksLikeNumber(text) || digits.length < shortest || digits.startsWith("0") || digits.length > 15) return found;
		return [...found.filter((_, index) => index < 3), { value: `+${digits}`, label: t("thePrefix", { prefix: `+${digits}` }) }];
	}
	function choose({ value, label: shown }) {
		box.input.value = "";
		if (chosen.includes(value)) return box.fails(t("alreadyThere", { place: placeName(value) }));
		if (chosen.length >= most) return box.fails(t("tooMany", { count: most }));
		chosen.push(value);
		show();
		changed();
		return say(t("added", { place: shown }));
	}
	function remove(place) {
		chosen = chosen.filter((one) => one !== place);
		show();
		changed();
		say(t("removed", { place: placeName(place) }));
		box.input.focus();
	}
}
