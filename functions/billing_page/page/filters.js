// The filters of calls and of spending. They live in the address, so that Back and a reload keep them.
import { h } from "./dom.js";
import { longDay } from "./format.js";
import { spaced } from "./numbers.js";
import { isDay, queryOf } from "./period.js";
import { locale, translator } from "./words.js";
import messages from "messages/filters";

const t = translator(messages);
const NAMES = ["category", "user_id", "line_id", "country", "date", "find"];
const regions = new Intl.DisplayNames(locale, { type: "region" });

/** The filters that an address names; a date that is none is left out. */
export function filtersOf(query) {
	const found = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));
	return { ...found, date: isDay(found.date) ? found.date : "" };
}

/** The address of a view with a range and filters; those without a value are left out. */
export function addressOf(path, range, filters, more = {}) {
	const query = new URLSearchParams(queryOf(range));
	for (const [name, value] of Object.entries({ ...filters, ...more })) if (value) query.set(name, value);
	return `#${path}?${query}`;
}

/** Write the address without loading the view again. */
export function keepAddress(address, isNew) {
	if (address === location.hash) return;
	history[isNew ? "pushState" : "replaceState"](null, "", address);
}

export function countryName(code) {
	if (code === "001") return t("networks");
	if (!/^[A-Z]{2}$/.test(code) || code === "ZZ") return t("unknownCountry");
	return regions.of(code);
}

/** A link for each filter of `names` that is set; it leads to the view without that filter. `labels` name users and lines. */
export function chips(names, filters, address, labels) {
	const words = {
		country: countryName, date: longDay, find: (text) => text,
		user_id: (id) => labels.users.get(id) ?? id, line_id: (id) => spaced(labels.lines.get(id) ?? id),
	};
	const set = names.filter((name) => filters[name]);
	if (!set.length) return null;
	return h("ul.filters", { "aria-label": t("filters") }, set.map((name) => {
		const text = t(`filter_${name}`, { value: words[name](filters[name]) });
		return h("li", h("a", { href: address({ ...filters, [name]: "" }), "aria-label": t("remove", { filter: text }) }, text, h("span", { "aria-hidden": "true" }, " ✕")));
	}));
}

/** The names of users and the numbers of lines, by their ids. */
export function labelsOf(lines) {
	return { users: new Map(lines.map(({ user }) => [user.id, user.name ?? user.id])), lines: new Map(lines.map((line) => [line.line_id, line.number])) };
}
