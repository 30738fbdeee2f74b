// What calls brought and what they cost, by destination and customer. Only for members of the finance group.
import { ask } from "../page/api.js";
import { field, h, load, note, page } from "../page/dom.js";
import { money } from "../page/format.js";
import { table } from "../page/list.js";
import { accountPlace, card, facts, mayAct, WHY_NOT } from "./parts.js";

const MICROS = 1_000_000;
const SUMS = ["calls", "duration_seconds"];
const SHOWN = 100;
const today = () => new Date().toISOString().slice(0, 10);

export function marginsPage() {
	const title = "Margins";
	if (!mayAct()) return page(title, null, note("plain", null, h("p", WHY_NOT)));
	const [from, to] = [`${today().slice(0, 8)}01`, today()].map((value, at) => h("input", { type: "date", name: at ? "to" : "from", value, required: true }));
	const results = h("div.results", { "aria-live": "polite" });
	const look = () => load(results, () => read(from.value, to.value), show, 6);
	const form = h("form.finder", { novalidate: true, onsubmit: (event) => { event.preventDefault(); look(); } }, field("From", from), field("To", to), h("button.main", { type: "submit" }, "Show"));
	look();
	return page(title, "What charged calls brought, and what they cost by the buying list. Days are UTC. Never show this to customers.", h("div.card", form), results);
}

/** Reads every part of the report and adds the parts up. */
async function read(from, to) {
	const all = { total: empty(), destinations: new Map(), accounts: new Map(), without_cost: 0, left_out: 0, unreadable: 0 };
	let cursor = null;
	do {
		const part = await ask("GET", "/operator/margins", { query: { from, to, ...(cursor ? { cursor } : {}) } });
		add(all.total, part.total);
		for (const one of part.destinations) add(entry(all.destinations, `${one.country} ${one.destination}`, one), one);
		for (const one of part.accounts) add(entry(all.accounts, one.account_id, one), one);
		for (const name of ["without_cost", "left_out", "unreadable"]) all[name] += part[name];
		cursor = part.next_cursor;
	} while (cursor);
	return all;
}

const empty = () => ({ calls: 0, duration_seconds: 0, charged: 0, cost: 0 });

function entry(map, key, { country, destination, account_id: id }) {
	if (!map.has(key)) map.set(key, { ...empty(), country, destination, id });
	return map.get(key);
}

function add(sum, one) {
	for (const name of SUMS) sum[name] += one[name];
	for (const name of ["charged", "cost"]) sum[name] += Math.round(Number(one[name]) * MICROS);
}

const amount = (micros) => money((micros / MICROS).toFixed(4));
const lowestFirst = (map) => [...map.values()].sort((a, b) => a.charged - a.cost - (b.charged - b.cost));

function percent({ charged, cost }) {
	return charged > 0 ? `${(((charged - cost) / charged) * 100).toFixed(1)} %` : "";
}

const marginText = (one) => [amount(one.charged - one.cost), percent(one) && `(${percent(one)})`].filter(Boolean).join(" ");
const numbers = (one) => [String(one.calls), amount(one.charged), amount(one.cost), amount(one.charged - one.cost), percent(one)];
const HEADS = ["#Calls", "#Charged", "#Cost", "#Margin", "#Percent"];

function show({ total, destinations, accounts, ...left }) {
	if (!total.calls && !left.without_cost) return note("plain", "No charged calls in this time.");
	return [
		card("All calls", facts(["Calls", String(total.calls)], ["Charged", amount(total.charged)], ["Cost", amount(total.cost)], ["Margin", marginText(total), "result"],
			["Calls without a cost", left.without_cost ? String(left.without_cost) : null], ["Calls with an erased number", left.left_out ? String(left.left_out) : null], ["Damaged entries", left.unreadable ? String(left.unreadable) : null])),
		card("By destination", list(["Country", "Destination"], lowestFirst(destinations), ({ country, destination }) => [country, destination])),
		card("By customer", list(["Account"], lowestFirst(accounts), ({ id }) => [h("a.whole", { href: accountPlace(id) }, id)])),
	];
}

function list(names, items, cells) {
	const shown = items.slice(0, SHOWN).map((one) => [...cells(one), ...numbers(one)]);
	return [table([...names, ...HEADS], shown), items.length > SHOWN ? h("p.hint", `${items.length - SHOWN} more have a higher margin.`) : null];
}
