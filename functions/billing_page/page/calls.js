// The calls of one category, with search, sorting, export, and price details.
import { ask, askAll } from "./api.js";
import { categoryName } from "./categories.js";
import { callTable, SORTS, sorted } from "./call_table.js";
import { field, fill, h, note, say } from "./dom.js";
import { exportCsv, localTime, PAGE_SIZE } from "./export.js";
import { addressOf, chips, filtersOf, keepAddress, labelsOf } from "./filters.js";
import { dayOf, longDay, zoneName } from "./format.js";
import { moreButton } from "./list.js";
import { copyBare, spaced } from "./numbers.js";
import { periodOf, picker, words } from "./period.js";
import { collect } from "./progress.js";
import { searchInput } from "./search_input.js";
import { translator } from "./words.js";
import messages from "messages/calls";

const t = translator(messages);
const SHOWN = 50;
const FILTERS = ["user_id", "line_id", "country", "date", "find"];
const CSV = "call_id,started_at,to,destination,country,duration_seconds,billed_seconds,rate_per_minute,connection_fee,price,user_id,user_name,rate_deck,call_key,line_id,corrected,suspicious,line_number,rate_steps,covered_seconds,bundle,started_at_local,time_zone".split(",");

const inert = (text) => (/^[+-]?[\d.]+$/.test(text) ? text : text.replace(/(^|[;\t\r\n])([\s\p{Cc}\p{DI}⠀]*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫‐-―−])|^(?=[\t\r\n])/gu, "$1'$2"));

/** Rate steps in one cell, in the form of the operator's rate deck. */
const stepsText = (steps = []) => steps.map((step) => [step.from_second, step.rate_per_minute, step.increment_seconds].join(":")).join(";");

/** A line of CSV that no spreadsheet takes for formulas. */
export const csvLine = (cells) => `${cells.map((cell) => `"${inert(String(cell ?? "")).replaceAll('"', '""')}"`).join(",")}\r\n`;

export function callsPage(category, query) {
	const range = periodOf(query);
	const filters = { ...filtersOf(query), category: "" };
	const list = { calls: [], cursor: null, sort: SORTS.includes(query.get("sort")) ? query.get("sort") : "at", isRising: query.get("order") === "up" };
	const [status, place, exporting, chosen] = [h("div"), h("div"), h("div"), h("div")];
	const search = searchInput(filters.find, (wanted) => narrow("find", wanted, filters.find === ""), { placeholder: t("searchFor") });
	const users = h("select", { onchange: () => narrow("user_id", users.value) }, h("option", { value: "" }, t("allUsers")));
	const lines = h("select", { onchange: () => narrow("line_id", lines.value) }, h("option", { value: "" }, t("allLines")));
	const sorts = h("select", { onchange: () => sortBy(sorts.value, false) }, SORTS.map((id) => h("option", { value: id, selected: id === list.sort }, t(`column_${id}`))));
	let labels = labelsOf([]);
	nameLines();
	begin();
	return h("section.page.calls", h("a.back", { href: "#/" }, t("billing")), h("h1", { tabindex: "-1" }, categoryName(category)),
		h("div.tools", picker(range, (one) => { location.hash = addressOf(path(), one, filters); }), field(t("user"), users), field(t("line"), lines), field(t("search"), search), h("div.only-phone", field(t("sortBy"), sorts))),
		chosen, copyBare(h("div.card", status, exporting, place)));

	function path() { return `/usage/${encodeURIComponent(category)}`; }
	function address(own = filters) { return addressOf(path(), range, own, list.sort === "at" && !list.isRising ? {} : { sort: list.sort, order: list.isRising ? "up" : "down" }); }
	async function nameLines() {
		const items = await askAll("/lines").catch(() => []);
		labels = labelsOf(items);
		const options = (select, names, own, show) => {
			if (own && !names.has(own)) names.set(own, own);
			select.append(...[...names].map(([id, name]) => [id, show(name)]).sort(([, one], [, other]) => one.localeCompare(other)).map(([id, name]) => h("option", { value: id, selected: id === own, dir: "auto" }, name)));
		};
		options(users, new Map(labels.users), filters.user_id, String);
		options(lines, new Map(labels.lines), filters.line_id, spaced);
		if (list.calls.some((call) => !call.line_number)) fill(place, show());
	}
	function begin() {
		Object.assign(list, { calls: [], cursor: null, isBegun: false });
		fill(chosen, chips(["country", "date"], filters, address, labels));
		fill(exporting);
		fill(place);
		return more();
	}
	function ofPeriod(cursor, limit) {
		return ask("GET", path(), { query: { from: range.from, to: range.to, ...filters, cursor, limit } });
	}
	/** Load until `goal` calls are there. A server that searches answers with what it has found so far. */
	async function more(goal = list.calls.length + SHOWN, limit = String(SHOWN)) {
		const { calls } = list;
		let until = null;
		const result = await collect(status, {
			cursor: list.cursor, isEnough: () => calls.length >= goal, next: (cursor) => ofPeriod(cursor, limit),
			words: () => (until ? t("searchedBack", { day: longDay(dayOf(until)), count: calls.length }) : t("loading")),
			take: (page) => {
				calls.push(...page.items);
				list.cursor = page.next_cursor;
				until = page.read?.until ?? page.items.at(-1)?.started_at ?? until;
			},
		});
		if (!result || list.calls !== calls) return;
		list.searched = result.isStopped && until ? longDay(dayOf(until)) : null;
		fill(place, show());
		if (list.isBegun && document.activeElement === document.body) place.querySelector(".actions button")?.focus({ preventScroll: true });
		list.isBegun = true;
		say(t("found", { count: calls.length }));
	}
	function narrow(name, value, isNew = true) {
		filters[name] = value;
		keepAddress(address(), isNew);
		begin();
	}
	function sortBy(column, isFocused = true) {
		Object.assign(list, { isRising: list.sort === column ? !list.isRising : !["at", "price", "duration", "rate"].includes(column), sort: column });
		sorts.value = column;
		keepAddress(address(), false);
		fill(place, show());
		if (isFocused) place.querySelector(`[data-sort=${column}]`).focus();
	}
	function show() {
		const { calls } = list;
		const isPart = list.cursor !== null;
		const isSorted = list.sort !== "at" || list.isRising;
		const head = h("div.bar-of-list", h("p", { role: "status" }, t(isPart ? "countSoFar" : "count", { count: calls.length }), ` · ${words(range)}`), h("a", { href: addressOf("/spend", range, { ...filters, category }) }, t("totals")), h("button", { disabled: !calls.length && !isPart, onclick: save }, t("export")));
		if (!calls.length && !isPart) return [head, FILTERS.some((name) => filters[name]) ? note("plain", t("noMatch")) : note("plain", t("noCalls"), h("p", `${words(range)}.`))];
		return [
			head,
			list.searched ? note("wait", null, h("p", t("stoppedAt", { day: list.searched }))) : null,
			isPart && isSorted ? note("plain", null, h("p", t("sortedPart", { count: calls.length }))) : null,
			calls.length ? callTable(sorted(calls, list), list, sortBy, labels) : null,
			isPart ? h("div.actions.center", moreButton(more, () => {}).firstChild, h("button", { onclick: () => more(Infinity, PAGE_SIZE) }, t("loadAll"))) : null,
		];
	}
	/** Export all calls of the period that match the filters, loaded or not. */
	function save() {
		const lineOf = (call) => {
			const flat = { ...call, user_id: call.user.id, user_name: call.user.name, line_number: call.line_number ?? labels.lines.get(call.line_id), rate_steps: stepsText(call.rate_steps), covered_seconds: call.covered_seconds ?? 0, started_at_local: localTime(call.started_at), time_zone: zoneName() };
			return csvLine(CSV.map((name) => flat[name]));
		};
		return exportCsv(exporting, { name: `calls ${range.from} to ${range.to}`, head: csvLine(CSV), next: (cursor) => ofPeriod(cursor, PAGE_SIZE), linesOf: (page) => page.items.map(lineOf) });
	}
}
