// The statement: opening balance, transactions, and closing balance.
import { ask } from "./api.js";
import { h, page } from "./dom.js";
import { dayOf, longDay, moment, money, placesOf, time } from "./format.js";
import { growing, table } from "./list.js";
import { periodOf, picker, queryOf } from "./period.js";

export function statementPage(query) {
	const range = periodOf(query);
	const { from, to } = range;
	const place = h("div");
	growing(place, (cursor) => ask("GET", "/statement", { query: { from, to, cursor, limit: "100" } }), show, 8);
	return page("Statement", null, h("div.tools", picker(range, (chosen) => { location.hash = `#/statement?${queryOf(chosen)}`; })), h("div.card", place));

	function show(items, last) {
		const places = Math.max(...[last.opening_balance, last.closing_balance, ...items.map(({ amount }) => amount)].map(placesOf));
		const line = (label, amount) => h("tr", { role: "row", class: "sum-line" }, h("th", { scope: "row", role: "rowheader", colspan: "2" }, label), h("td", { role: "cell", class: "number" }, money(amount, { places })));
		const none = h("tr", { role: "row" }, h("td", { role: "cell", colspan: "3", class: "hint" }, "No transactions in this period."));
		return [
			table(["Date", "Description", "#Amount"], [line(`Opening balance, ${longDay(from)}`, last.opening_balance), ...items.map((item) => entry(item, places)), ...(items.length ? [] : [none]), line(`Closing balance, ${longDay(to)}`, last.closing_balance)]),
			h("p.hint", `As of ${moment(last.as_of)}. This statement is not an invoice.`),
		];
	}
}

function entry(item, places) {
	const isLate = dayOf(item.recorded_at) > item.date;
	return [`${longDay(item.date)}, ${time(item.at)}`, h("span", item.description, isLate ? h("span.hint", ` · recorded ${moment(item.recorded_at)}`) : null), money(item.amount, { places, signed: true })];
}
