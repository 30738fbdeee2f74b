// Usage in a range of dates: the total, each category, and each day.
import { ask } from "./api.js";
import { bars } from "./chart.js";
import { h, load, note } from "./dom.js";
import { count, daysBetween, minutes, money, placesOf } from "./format.js";
import { table } from "./list.js";
import { period, picker, queryOf, words } from "./period.js";

const MAX_BARS = 92;

let chosen = null; // Kept while the user visits other views.

export function usageCard() {
	const place = h("div");
	chosen = period(chosen?.name, chosen?.from, chosen?.to);
	const look = () => {
		chosen = period(chosen.name, chosen.from, chosen.to);
		return load(place, () => ask("GET", "/usage", { query: { from: chosen.from, to: chosen.to } }), show, 5);
	};
	const card = h("section.card.usage", { "aria-labelledby": "usage-title" },
		h("div.card-head", h("h2", { id: "usage-title" }, "Balance usage"), picker(chosen, (range) => { chosen = range; look(); })), place);
	card.renew = look;
	look();
	return card;
}

function show(usage) {
	if (!usage.categories.length) return note("plain", "No charged calls in this period.", h("p", "International calls appear here seconds after they end."));
	const places = Math.max(...usage.categories.map(({ total }) => placesOf(total)));
	return [
		h("p.total", h("span.amount", money(usage.total)), h("span", `total spend · ${words(chosen)}`)),
		table(["Category", "#Calls", "#Minutes", "#Total spend", ""], usage.categories.map((one) => [one.label, count(one.calls), minutes(one.billed_seconds), money(one.total, { places }),
			h("a", { href: `#/usage/${one.category}?${queryOf(chosen)}`, "aria-label": `View details: ${one.label}` }, "View details")]), { isNamed: true, looks: "categories" }),
		picture(usage.days),
	];
}

function picture(spendDays) {
	const spent = new Map(spendDays.map(({ date, total }) => [date, total]));
	const every = daysBetween(chosen.from, chosen.to);
	const days = (every.length <= MAX_BARS ? every : spendDays.map(({ date }) => date)).map((day) => ({ day, amount: spent.get(day) ?? "0.00" }));
	return h("div.picture", bars(days, { caption: "Spend by day", unit: "Spent" }));
}
