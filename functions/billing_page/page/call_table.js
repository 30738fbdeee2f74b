// The table of calls: columns that sort, and two lines for each call on a phone.
import { priceDetails } from "./call_price.js";
import { h } from "./dom.js";
import { duration, micros, money, nearDate, placesOf, time, zoneName } from "./format.js";
import { longTable } from "./long_table.js";
import { spaced } from "./numbers.js";
import { translator } from "./words.js";
import messages from "messages/call_table";

const t = translator(messages);

const userOf = (call) => call.user.name ?? call.user.id ?? "";
const COLUMNS = [
	{ id: "at", of: (call) => call.started_at },
	{ id: "time", of: null },
	{ id: "to", of: (call) => call.to },
	{ id: "destination", of: (call) => call.destination },
	{ id: "duration", of: (call) => call.duration_seconds, isNumber: true },
	{ id: "rate", of: (call) => micros(call.rate_per_minute), isNumber: true },
	{ id: "price", of: (call) => micros(call.price), isNumber: true },
	{ id: "user", of: userOf },
	{ id: "line", of: null },
];

export const SORTS = COLUMNS.filter(({ of }) => of).map(({ id }) => id);

/** The calls in the order of a column. */
export function sorted(calls, { sort, isRising }) {
	if (sort === "at" && !isRising) return calls;
	const { of } = COLUMNS.find(({ id }) => id === sort);
	const sign = isRising ? 1 : -1;
	const collator = new Intl.Collator();
	const compare = (one, other) => (typeof one === "string" ? collator.compare(one, other) : one < other ? -1 : one > other ? 1 : 0);
	return calls.map((call) => [of(call), call]).sort(([one], [other]) => sign * compare(one, other)).map(([, call]) => call);
}

export function callTable(calls, list, sortBy, labels) {
	const places = { rate: Math.max(2, ...new Set(calls.map((call) => placesOf(call.rate_per_minute)))), price: Math.max(2, ...new Set(calls.map((call) => placesOf(call.price)))) };
	const head = h("tr", { role: "row" }, COLUMNS.map(({ id, of, isNumber }) => h("th", { scope: "col", role: "columnheader", class: isNumber ? "number" : null, "aria-sort": of && list.sort === id ? (list.isRising ? "ascending" : "descending") : null },
		of ? h("button.sort", { "data-sort": id, onclick: () => sortBy(id) }, t(`column_${id}`)) : t(`column_${id}`))));
	const lineOf = (call) => call.line_number ?? labels.lines.get(call.line_id) ?? call.line_id ?? "";
	const row = (call) => {
		const price = money(call.price, { places: places.price });
		const cells = [nearDate(call.started_at), time(call.started_at), h("span.digits", spaced(call.to)), h("bdi", call.destination), duration(call.duration_seconds), t("perMinute", { rate: money(call.rate_per_minute, { places: places.rate }) }),
			h("button.why", { "aria-label": t("priceDetails", { price }), onclick: () => priceDetails(call, { user: userOf(call), line: lineOf(call) }) }, price), h("bdi", userOf(call)), h("span.digits", spaced(lineOf(call)))];
		return cells.map((cell, index) => h("td", { role: "cell", class: `of-${COLUMNS[index].id}${COLUMNS[index].isNumber ? " number" : ""}` }, cell));
	};
	return longTable(head, calls, row, { looks: "call-table", caption: t("caption", { zone: zoneName() }), columns: COLUMNS.length });
}
