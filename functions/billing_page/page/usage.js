// Usage in a range of dates: the total, each category, and each day.
import { ask } from "./api.js";
import { categoryName } from "./categories.js";
import { bars } from "./chart.js";
import { h, load, note } from "./dom.js";
import { count, daysBetween, minutes, roundedMoney } from "./format.js";
import { table } from "./list.js";
import { period, picker, queryOf, words } from "./period.js";
import { translator } from "./words.js";
import messages from "messages/usage";

const t = translator(messages);
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
		h("div.card-head", h("h2", { id: "usage-title" }, t("title")), picker(chosen, (range) => { chosen = range; look(); })), place);
	card.renew = look;
	look();
	return card;
}

function show(usage) {
	if (!usage.categories.length) return note("plain", t("none"), h("p", t("noneYet")));
	return [
		h("p.total", h("span.amount", roundedMoney(usage.total)), h("span", t("total", { period: words(chosen) }))),
		table([t("category"), `#${t("calls")}`, `#${t("minutes")}`, `#${t("spend")}`, ""], usage.categories.map((one) => [categoryName(one.category), count(one.calls), minutes(one.billed_seconds), roundedMoney(one.total),
			h("a", { href: `#/usage/${one.category}?${queryOf(chosen)}`, "aria-label": t("viewDetailsOf", { category: categoryName(one.category) }) }, t("viewDetails"))]), { isNamed: true, looks: "categories" }),
		h("p.more", h("a", { href: `#/spend?${queryOf(chosen)}` }, t("whereDidItGo"))),
		picture(usage.days),
	];
}

function picture(spendDays) {
	const spent = new Map(spendDays.map(({ date, total }) => [date, total]));
	const every = daysBetween(chosen.from, chosen.to);
	const days = (every.length <= MAX_BARS ? every : spendDays.map(({ date }) => date)).map((day) => ({ day, amount: spent.get(day) ?? "0.00" }));
	return h("div.picture", bars(days, { caption: t("byDay"), unit: t("spent") }));
}
