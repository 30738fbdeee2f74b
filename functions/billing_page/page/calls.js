// The calls of one category, with filter, sorting, export, and price details.
import { ask, askAll } from "./api.js";
import { dialog, failure, field, fill, h, load, note, say } from "./dom.js";
import { count, date, decimal, duration, micros, moment, money, placesOf, plural, time, zoneName } from "./format.js";
import { moreButton, table } from "./list.js";
import { periodOf, picker, queryOf, words } from "./period.js";

const MAX_CALLS = 5000;
const COLUMNS = [
	{ id: "at", label: "Date", of: (call) => call.started_at },
	{ id: "time", label: "Time", of: null },
	{ id: "to", label: "To", of: (call) => call.to },
	{ id: "destination", label: "Destination", of: (call) => call.destination },
	{ id: "duration", label: "Duration", of: (call) => call.duration_seconds, isNumber: true },
	{ id: "rate", label: "Rate", of: (call) => micros(call.rate_per_minute), isNumber: true },
	{ id: "price", label: "Price", of: (call) => micros(call.price), isNumber: true },
	{ id: "user", label: "User", of: (call) => call.user.name ?? call.user.id ?? "" },
];
const CSV = "call_id,started_at,to,destination,country,duration_seconds,billed_seconds,rate_per_minute,connection_fee,price,user_id,user_name,rate_deck,call_key,line_id,corrected,suspicious".split(",");

export function callsPage(category, query) {
	const range = periodOf(query);
	const dates = { from: range.from, to: range.to };
	const list = { calls: [], cursor: null, user: "", words: "", sort: "at", isRising: false };
	const title = category.replace(/_/g, " ").replace(/\b./g, (letter) => letter.toUpperCase());
	const [place, users] = [h("div"), h("select", { onchange: chooseUser }, h("option", { value: "" }, "All users"))];
	const search = h("input", { type: "search", autocomplete: "off", placeholder: "Number, destination, or user", oninput: filter });
	const tools = h("div.tools", picker(range, (chosen) => { location.hash = `#/usage/${category}?${queryOf(chosen)}`; }), field("User", users), field("Search", search));
	nameUsers();
	begin();
	return h("section.page.calls", h("a.back", { href: "#/" }, "Billing"), h("h1", { tabindex: "-1" }, title), tools, h("div.card", place));

	function begin() {
		Object.assign(list, { calls: [], cursor: null });
		return load(place, async () => {
			await more();
			if (list.words || list.sort !== "at" || list.isRising) await loadAll();
		}, show, 8);
	}
	async function more(limit = "50") {
		const { calls, cursor } = list;
		const page = await ask("GET", `/usage/${encodeURIComponent(category)}`, { query: { ...dates, user_id: list.user, cursor, limit } });
		if (list.calls !== calls || list.cursor !== cursor) return; // A newer request replaced this one.
		calls.push(...page.items);
		list.cursor = page.next_cursor;
		if (!calls.length && list.cursor) await more("200");
	}
	async function nameUsers() {
		const lines = await askAll("/lines").catch(() => []);
		const names = new Map(lines.map(({ user }) => [user.id, user.name ?? user.id]));
		users.append(...[...names].sort(([, one], [, other]) => one.localeCompare(other)).map(([id, name]) => h("option", { value: id }, name)));
	}
	function chooseUser() {
		list.user = users.value;
		begin();
	}
	/** Sorting and searching cover all calls. */
	async function loadAll() {
		if (!list.cursor) return;
		place.setAttribute("aria-busy", "true");
		try {
			while (list.cursor && list.calls.length < MAX_CALLS) await more("200");
		} catch (problem) {
			fill(place, failure(problem, begin));
			throw problem;
		} finally {
			place.removeAttribute("aria-busy");
		}
	}
	function filter() {
		clearTimeout(list.timer);
		list.timer = setTimeout(async () => {
			list.words = search.value.trim().toLowerCase();
			if (list.words) await loadAll();
			fill(place, show());
			say(`${plural(shown().length, "call")} found.`);
		}, 250);
	}
	async function sortBy(column) {
		await loadAll();
		Object.assign(list, { isRising: list.sort === column ? !list.isRising : !["at", "price", "duration", "rate"].includes(column), sort: column });
		fill(place, show());
		place.querySelector(`[data-sort=${column}]`).focus();
	}
	function shown() {
		const { of } = COLUMNS.find(({ id }) => id === list.sort);
		const digits = list.words.replace(/[\s()-]/g, "") || list.words;
		const matches = list.calls.filter((call) => !list.words || [call.to, call.destination, call.user.name ?? "", call.user.id ?? ""].some((text) => text.toLowerCase().includes(list.words) || text.includes(digits)));
		if (list.sort === "at" && !list.isRising) return matches;
		const sign = list.isRising ? 1 : -1;
		return matches.sort((one, other) => sign * compare(of(one), of(other)));
	}
	function show() {
		const calls = shown();
		if (!list.calls.length) return note("plain", "No calls in this period.", h("p", `${words(range)}.`));
		const places = { rate: Math.max(2, ...calls.map((call) => placesOf(call.rate_per_minute))), price: Math.max(2, ...calls.map((call) => placesOf(call.price))) };
		const isPart = list.cursor !== null;
		return [
			h("div.bar-of-list", h("p", { role: "status" }, `${plural(calls.length, "call")}${isPart ? " so far" : ""} · ${words(range)}`), h("button", { disabled: !calls.length, onclick: () => save(calls, range) }, `Export CSV (${count(calls.length)})`)),
			calls.length ? callTable(calls, places, list, sortBy) : note("plain", "No matching calls."),
			isPart ? moreButton(() => more(), () => fill(place, show())) : null,
		];
	}
}

function compare(one, other) {
	if (typeof one === "string") return one.localeCompare(other);
	return one < other ? -1 : one > other ? 1 : 0;
}

function callTable(calls, places, list, sortBy) {
	const heads = COLUMNS.map(({ id, label, of, isNumber }) => h("th", { scope: "col", role: "columnheader", class: isNumber ? "number" : null, "aria-sort": of && list.sort === id ? (list.isRising ? "ascending" : "descending") : null },
		of ? h("button.sort", { "data-sort": id, onclick: () => sortBy(id) }, label) : label));
	return table(COLUMNS.map(({ label, isNumber }) => (isNumber ? `#${label}` : label)), calls.map((call) => row(call, places)), { heads, caption: `Calls, times in ${zoneName()}` });
}

function row(call, places) {
	const price = money(call.price, { places: places.price });
	return [date(call.started_at), time(call.started_at), h("span.digits", call.to), call.destination, duration(call.duration_seconds), `${money(call.rate_per_minute, { places: places.rate })}/min`,
		h("button.why", { "aria-label": `Price details: ${price}`, onclick: () => why(call) }, price), call.user.name ?? call.user.id ?? ""];
}

/** Show how the price was calculated. */
function why(call) {
	const talk = decimal((BigInt(call.billed_seconds) * micros(call.rate_per_minute) + 30n) / 60n);
	const lines = [
		["Duration", duration(call.duration_seconds)],
		["Billed duration", `${duration(call.billed_seconds)}${call.billed_seconds === call.duration_seconds ? "" : " (rounded up to the billing increment)"}`],
		["Rate", `${money(call.rate_per_minute)} per minute`],
		[`${count(call.billed_seconds)} s × ${money(call.rate_per_minute)} ÷ 60`, money(talk, { places: 4 })],
		["Connection fee", money(call.connection_fee, { places: 4 })],
	];
	dialog("Price details", h("p", h("strong.digits", call.to), ` · ${call.destination}`, h("br"), `${moment(call.started_at)} · ${call.user.name ?? call.user.id ?? ""}`),
		h("dl.sum", lines.map(([name, value]) => h("div", h("dt", name), h("dd", value))), h("div.result", h("dt", "Price"), h("dd", money(call.price, { places: 4 })))),
		h("p.hint", `The price is rounded once, to four decimal places. Price list: ${call.rate_deck}.`));
}

function save(calls, range) {
	const inert = (text) => (/^[+-]?[\d.]+$/.test(text) ? text : text.replace(/(^|[;\t\r\n])([\s\p{Cc}\p{DI}⠀]*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫‐-―−])|^(?=[\t\r\n])/gu, "$1'$2"));
	const rows = calls.map((call) => {
		const flat = { ...call, user_id: call.user.id ?? "", user_name: call.user.name ?? "" };
		return CSV.map((name) => `"${inert(String(flat[name])).replaceAll('"', '""')}"`);
	});
	const file = new Blob([[CSV, ...rows].map((cells) => `${cells.join(",")}\r\n`).join("")], { type: "text/csv" });
	const link = h("a", { href: URL.createObjectURL(file), download: `calls ${range.from} to ${range.to}.csv` });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
	say(`${plural(calls.length, "call")} exported.`);
}
