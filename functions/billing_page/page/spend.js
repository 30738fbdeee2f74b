// "Where did the money go?": spending by user, line, country, and day, for any filter, compared with the period before.
import { ask, askAll } from "./api.js";
import { categoryName } from "./categories.js";
import { bars } from "./chart.js";
import { field, fill, h, note, say } from "./dom.js";
import { addressOf, chips, countryName, filtersOf, keepAddress, labelsOf } from "./filters.js";
import { count, dayOf, daysBetween, decimal, longDay, minutes, roundedMoney, shifted, today } from "./format.js";
import { spaced } from "./numbers.js";
import { periodOf, picker, words } from "./period.js";
import { collect } from "./progress.js";
import { searchInput } from "./search_input.js";
import { groupCard } from "./spend_groups.js";
import { addPart, barsOf, before, change, emptySums, ranked } from "./spending.js";
import { translator } from "./words.js";
import messages from "messages/spend";

const t = translator(messages);
const MOST_DAYS = 92;
const CHIPS = ["user_id", "line_id", "country", "date"];
const KINDS = { user: "user_id", line: "line_id", country: "country" };

export function spendPage(query) {
	const range = periodOf(query);
	const filters = filtersOf(query);
	const [chosen, status, place, comparing, links] = [h("div"), h("div"), h("div.spend"), h("div"), h("p.more")];
	const categories = h("select", { onchange: () => refine("category", categories.value) }, h("option", { value: "" }, t("allCategories")));
	const search = searchInput(filters.find, (wanted) => refine("find", wanted), { placeholder: t("searchFor") });
	let labels = labelsOf([]);
	let sums = emptySums();
	let cursor = null;
	let cards = [];
	nameAll();
	begin();
	return h("section.page", h("a.back", { href: "#/" }, t("billing")), h("h1", { tabindex: "-1" }, t("title")),
		h("div.tools", picker(range, (one) => { location.hash = address(filters, one); }), field(t("category"), categories), field(t("search"), search)), chosen,
		h("div.card", status, comparing, links), place);

	function address(own = filters, dates = range) { return addressOf("/spend", dates, own); }
	async function nameAll() {
		const [usage, lines] = await Promise.all([ask("GET", "/usage", { query: { from: range.from, to: range.to } }).catch(() => ({ categories: [] })), askAll("/lines").catch(() => [])]);
		const codes = usage.categories.map(({ category }) => category);
		if (filters.category && !codes.includes(filters.category)) codes.push(filters.category);
		categories.append(...codes.map((code) => h("option", { value: code, selected: code === filters.category }, categoryName(code))));
		labels = labelsOf(lines);
		showFilters(codes);
	}
	function showFilters(codes = [...categories.options].map(({ value }) => value).filter(Boolean)) {
		fill(chosen, chips(CHIPS, filters, address, labels));
		const shown = filters.category ? [filters.category] : codes;
		fill(links, shown.map((code, index) => [index ? " · " : "", h("a", { href: addressOf(`/usage/${encodeURIComponent(code)}`, range, { ...filters, category: "" }) }, t("viewCalls", { category: categoryName(code) }))]));
	}
	function refine(name, value) {
		const isNew = name !== "find" || filters.find === "";
		filters[name] = value;
		keepAddress(address(), isNew);
		begin();
	}
	function begin() {
		[sums, cursor, cards] = [emptySums(), null, []];
		showFilters();
		fill(comparing);
		fill(place);
		return add();
	}
	async function add() {
		const [own, dates] = [sums, { from: range.from, to: range.to }];
		const result = await collect(status, { cursor, next: (at) => ask("GET", "/spending", { query: { ...dates, ...filters, cursor: at } }), take: (answer) => addPart(own, answer), words: () => progress(own) });
		if (!result || sums !== own) return;
		cursor = result.cursor;
		fill(status, summary(result.isStopped));
		show();
		say(t("isReady", { amount: roundedMoney(decimal(own.total)), count: own.calls }));
		if (!result.isStopped && !own.isLimited && own.calls) await compare(own);
		else if (own.calls) fill(comparing, h("p.hint", t("notComparedPart")));
	}
	function summary(isStopped) {
		const back = sums.until ? longDay(dayOf(sums.until)) : longDay(range.to);
		const dates = filters.date ? longDay(filters.date) : words(range);
		const isOn = (filters.date || range.to) >= today();
		return [
			sums.isLimited ? note("wait", t("limitTitle"), h("p", t("limitText", { count: sums.read || sums.calls, day: back })), h("p", t("limitAdvice"))) : null,
			isStopped ? note("wait", t("stoppedTitle"), h("p", t("stoppedText", { day: back })), h("button", { onclick: add }, t("goOn"))) : null,
			h("p.total", h("span.amount", roundedMoney(decimal(sums.total))), h("span", t(isOn ? "totalSoFar" : "total", { calls: t("calls", { count: sums.calls }), minutes: minutes(sums.seconds), period: dates }))),
		];
	}
	/** Sum up the period of equal length before; then show how spending changed. */
	async function compare(own) {
		const period = before(filters.date ? { from: filters.date, to: filters.date } : range);
		const past = emptySums();
		const asked = { ...filters, date: "", from: period.from, to: period.to };
		const result = await collect(comparing, { next: (at) => ask("GET", "/spending", { query: { ...asked, cursor: at } }), take: (answer) => addPart(past, answer), isEnough: () => past.isLimited, words: () => t("comparing", { dates: datesOf(period) }) });
		if (!result || sums !== own) return;
		fill(comparing, h("p", verdict(past, period, result.isStopped)));
		if (result.isStopped || past.isLimited) return;
		for (const card of cards) card.compare(past.groups[card.kind]);
	}
	function verdict(past, period, isStopped) {
		const dates = datesOf(period);
		if (past.isLimited) return t("notComparedLimit", { dates });
		if (isStopped) return t("notComparedStopped", { dates });
		if (!past.calls) return t("nothingBefore", { dates });
		const { amount, percent } = change(past.total, sums.total);
		const values = { amount: roundedMoney(amount.replace("-", "")), percent: percent ?? "", dates, before: roundedMoney(decimal(past.total)) };
		return percent === null ? t("beforeWas", values) : amount.startsWith("-") ? t("less", values) : Number(amount) ? t("more", values) : t("equal", values);
	}
	function show() {
		if (!sums.calls) {
			fill(place, note("plain", t(Object.values(filters).some(Boolean) ? "noMatch" : "none")));
			return;
		}
		cards = Object.entries(KINDS).filter(([, name]) => !filters[name]).map(([kind, name]) => Object.assign(groupCard(kind, ranked(sums.groups[kind]), {
			whole: sums.total, nameOf: (group) => nameOf(kind, group), choose: (id) => { location.hash = address({ ...filters, [name]: id }); } }), { kind }));
		fill(place, filters.date ? null : days(), h("div.groups-grid", cards));
	}
	function days() {
		const drawn = barsOf(sums.groups.day, daysBetween(range.from, range.to), MOST_DAYS);
		const isByMonth = drawn[0].day.length === 7;
		const choose = (index) => {
			const { day } = drawn[index];
			if (!isByMonth) location.hash = address({ ...filters, date: day });
			else location.hash = address(filters, monthOf(day, range));
		};
		return h("section.card", { "aria-labelledby": "spend-days" }, h("h2", { id: "spend-days" }, t(isByMonth ? "byMonth" : "byDay")), bars(drawn, { caption: t(isByMonth ? "byMonth" : "byDay"), unit: t("spent"), choose, isTitled: true }), h("p.hint", t("hint")));
	}
	function nameOf(kind, { id, label }) {
		if (id === "other") return t("others");
		if (id === "") return t(`no_${kind}`);
		return kind === "country" ? countryName(id) : kind === "line" ? spaced(label) : label;
	}
}

const progress = ({ calls, until }) => (until ? t("adding", { day: longDay(dayOf(until)), calls: count(calls) }) : t("loading"));
const datesOf = ({ from, to }) => (from === to ? longDay(from) : t("dates", { from: longDay(from), to: longDay(to) }));

/** The days of a month that lie in a range. */
function monthOf(month, { from, to }) {
	const [first, last] = [`${month}-01`, shifted(`${shifted(`${month}-28`, 4).slice(0, 7)}-01`, -1)];
	return { name: "custom", from: first < from ? from : first, to: last > to ? to : last };
}
