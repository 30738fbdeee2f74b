// The statement: opening balance, entries with the balance after each, and closing balance; for the screen, for print, and as CSV.
import { ask, askAll } from "./api.js";
import { csvLine } from "./calls.js";
import { categoryName } from "./categories.js";
import { failure, fill, h, load, page } from "./dom.js";
import { exportCsv, localTime, PAGE_SIZE } from "./export.js";
import { dayOf, decimal, longDay, micros, moment, money, placesOf, time, zoneName } from "./format.js";
import { moreButton, table } from "./list.js";
import { copyBare, spaced } from "./numbers.js";
import { periodOf, picker, queryOf, words } from "./period.js";
import { collect } from "./progress.js";
import { settings } from "./settings.js";
import { language, translator } from "./words.js";
import messages from "messages/statement";

const t = translator(messages);
const SHOWN = "100";
const CSV = ["date", "at_local", "time_zone", "at", "kind", "category", "description", "amount", "balance", "line_number", "line_id", "user_id", "user_name", "billed_seconds", "recorded_at", "id"];

export function statementPage(query) {
	const range = periodOf(query);
	const { from, to } = range;
	const [status, place] = [h("div"), h("div")];
	let items = [];
	let last = null;
	let account = null; // Known when the statement is printed.
	const next = (limit) => (cursor) => ask("GET", "/statement", { query: { from, to, cursor, limit } });
	const take = (answer) => { items.push(...answer.items); last = answer; };
	load(place, async () => take(await next(SHOWN)(null)), show, 8);
	return page(t("title"), null, h("div.tools", picker(range, (chosen) => { location.hash = `#/statement?${queryOf(chosen)}`; }), h("button", { onclick: print }, t("print")), h("button", { onclick: save }, t("export"))), copyBare(h("div.card", status, place)));

	function show() {
		const balances = balancesOf(last.opening_balance, items);
		const isWhole = last.next_cursor === null;
		const places = Math.max(2, ...new Set([...items.map(({ amount }) => amount), ...balances, last.opening_balance, last.closing_balance].map(placesOf)));
		const sum = (label, amount) => h("tr", { role: "row", class: "sum-line" }, h("th", { scope: "row", role: "rowheader", colspan: "3" }, label), h("td", { role: "cell", "data-label": t("balance"), class: "number" }, money(amount, { places })));
		const none = h("tr", { role: "row" }, h("td", { role: "cell", colspan: "4", class: "hint" }, t("none")));
		return [
			account ? letterhead(account, range, last) : null,
			table([t("date"), t("description"), `#${t("amount")}`, `#${t("balance")}`], [sum(t("opening", { day: longDay(from) }), last.opening_balance), ...items.map((item, index) => entry(item, balances[index], places)), ...(items.length ? [] : [none]), isWhole ? sum(t("closing", { day: longDay(to) }), last.closing_balance) : null].filter(Boolean), { looks: "statement" }),
			isWhole ? null : h("p.hint", t("goesOn", { day: longDay(to), amount: money(last.closing_balance) })),
			h("p.hint", t("asOf", { moment: moment(last.as_of) })),
			isWhole ? null : moreButton(async () => take(await next(SHOWN)(last.next_cursor)), () => fill(place, show())),
		];
	}
	/** Load the whole period first, so that the print closes at its true end. */
	async function print() {
		items = [];
		const [result, owner] = await Promise.all([
			collect(status, { next: next(PAGE_SIZE), take, words: () => t("loading", { count: items.length }) }),
			ask("GET", "/overview").catch(() => ask("GET", "/balance")).catch((problem) => { fill(status, failure(problem, print)); return null; }),
		]);
		if (!result || !owner) return;
		if (!result.isStopped) account = owner;
		fill(place, show());
		if (!result.isStopped) globalThis.print();
	}
	async function save() {
		const lines = new Map((await askAll("/lines").catch(() => [])).map((line) => [line.line_id, line]));
		let balance = null;
		let closing = null;
		const own = (values) => csvLine(CSV.map((name) => values[name]));
		const linesOf = (answer) => {
			const opening = balance === null ? [own({ date: from, kind: "opening_balance", description: t("opening", { day: longDay(from) }), balance: answer.opening_balance, time_zone: zoneName() })] : [];
			balance ??= micros(answer.opening_balance);
			closing = answer.closing_balance;
			return [...opening, ...answer.items.map((item) => {
				balance += micros(item.amount);
				const line = lines.get(item.line_id);
				return own({ ...item, at_local: localTime(item.at), time_zone: zoneName(), balance: decimal(balance), line_number: line?.number, user_name: line?.user.id === item.user_id ? line?.user.name : "" });
			})];
		};
		return exportCsv(status, { name: `statement ${from} to ${to}`, head: csvLine(CSV), next: next(PAGE_SIZE), linesOf, foot: () => [own({ date: to, kind: "closing_balance", description: t("closing", { day: longDay(to) }), balance: closing, time_zone: zoneName() })] });
	}
}

/** The balance after each entry. */
function balancesOf(opening, items) {
	let balance = micros(opening);
	return items.map(({ amount }) => decimal(balance += micros(amount)));
}

/** What a printed statement names above its entries. */
function letterhead(account, range, last) {
	const terms = [[t("account"), account.name ?? account.account_id], [t("number"), account.account_id], [t("period"), words(range)], [t("zone"), zoneName()], [t("openingBalance"), money(last.opening_balance)], [t("closingBalance"), money(last.closing_balance)]];
	return h("div.letterhead", h("p", h("strong", settings.brand.name)), h("dl.sum", terms.map(([name, value]) => h("div", h("dt", name), h("dd", h("bdi", value))))));
}

const AGAIN = ["priced again", "waived", "corrected"];

/** What an entry is, in the reader's language. The API describes it in English. */
function describe({ kind, category, description }) {
	const text = description.replace(/\+\d{7,15}\b/g, spaced);
	if (language === "en") return text;
	const why = AGAIN.findIndex((words) => text.endsWith(`, ${words}`));
	const call = /^(?:Taken back: )?.+? to (.+), ([^,]+)$/.exec(why < 0 ? text : text.slice(0, -AGAIN[why].length - 2));
	if (["call_charged", "call_taken_back"].includes(kind) && call) {
		return t(`entry_${kind}`, { category: categoryName(category), destination: call[1], number: call[2] }) + (why < 0 ? "" : t(`again_${why}`));
	}
	const [, head, rest] = /^([^:,]+)(.*)$/.exec(text);
	const key = head === "Automatic recharge" ? "entry_automatic" : `entry_${kind}`;
	return key in messages ? t(key) + rest.replace(/^: /, "\u00a0: ").replace(/(\S+) ending (\w{4})/, (_, brand, last4) => t("ending", { brand, last4 })) : text;
}

function entry(item, balance, places) {
	const isLate = dayOf(item.recorded_at) > item.date;
	return [t("dayAndTime", { day: longDay(item.date), time: time(item.at) }), h("span", h("bdi", describe(item)), isLate ? h("span.hint", t("recorded", { moment: moment(item.recorded_at) })) : null), money(item.amount, { places, signed: true }), money(balance, { places })];
}
