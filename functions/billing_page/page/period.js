// A range of dates in the account's time zone.
import { field, h } from "./dom.js";
import { longDay, shifted, today } from "./format.js";
import { translator } from "./words.js";
import common from "messages/common";

const t = translator(common);

const NAMES = { month: t("thisMonth"), last: t("lastMonth"), week: t("last7Days"), custom: t("custom") };

export function period(name, from, to) {
	const now = today();
	const first = `${now.slice(0, 7)}-01`;
	if (name === "last") {
		const end = shifted(first, -1);
		return { name, from: `${end.slice(0, 7)}-01`, to: end };
	}
	if (name === "week") return { name, from: shifted(now, -6), to: now };
	if (name === "custom" && isDay(from) && isDay(to) && from <= to) return { name, from, to };
	return { name: "month", from: first, to: now };
}

export const isDay = (text) => /^2\d{3}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(Date.parse(text));

export const periodOf = (query) => period(query.get("range"), query.get("from"), query.get("to"));

export function queryOf({ name, from, to }) {
	return new URLSearchParams(name === "custom" ? { range: name, from, to } : { range: name }).toString();
}

export const words = ({ name, from, to }) => t("period", { name: NAMES[name], dates: from === to ? longDay(from) : t("dates", { from: longDay(from), to: longDay(to) }) });

/** Fields that select a range; `chosen(range)` is called on each change. */
export function picker(now, chosen) {
	const options = Object.entries(NAMES).map(([name, label]) => h("option", { value: name, selected: name === now.name }, label));
	const select = h("select", { onchange: change }, options);
	let typed = false; // Each key may form a valid date: apply it on Enter or on leaving.
	const day = (value) => h("input", { type: "date", value, required: true, max: "9999-12-31", onchange: () => typed || change(),
		onkeydown: ({ key }) => { typed = key !== "Enter"; if (!typed) change(); } });
	const [first, last] = [day(now.from), day(now.to)];
	const [firstField, lastField] = [field(t("fromDate"), first), field(t("toDate"), last)];
	const own = h("div.pair", { hidden: now.name !== "custom", onfocusout: leave }, firstField, lastField);
	function leave() {
		const at = location.hash;
		setTimeout(() => { if (typed && own.isConnected && location.hash === at && !own.contains(document.activeElement)) change(); });
	}
	function change() {
		typed = false;
		own.hidden = select.value !== "custom";
		lastField.fails(null);
		if (select.value === "custom") {
			if (!isDay(first.value) || !isDay(last.value)) return;
			if (first.value > last.value) {
				lastField.fails(t("endBeforeStart"));
				return;
			}
		}
		chosen(period(select.value, first.value, last.value));
	}
	return h("div.picker", field(t("datesLabel"), select), own);
}
