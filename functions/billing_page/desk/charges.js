// The calls of an account: one call by number and time, spending, and the list of a category.
import { ask } from "../page/api.js";
import { failure, field, fill, h, load, note } from "../page/dom.js";
import { count, duration, minutes, moment, money, placesOf, zoneName } from "../page/format.js";
import { growing, table } from "../page/list.js";
import { accountPlace, apiPath, pill, wordsOf } from "./parts.js";
import { words } from "../page/period.js";
import { dates } from "./records.js";

export const OUTCOMES = { charged: "good", waived: "good", free: "good", refused: "bad", unrated: "wait", in_progress: "wait" };

export function callsView(account, query) {
	const [range, tools] = dates(account, "calls", query);
	const place = h("div");
	load(place, () => ask("GET", apiPath(account.account_id, "usage"), { query: { from: range.from, to: range.to } }), (usage) => spending(account, range, usage), 5);
	return [finder(account), tools, place];
}

/** Find one call by its number and time. */
function finder(account) {
	const number = h("input", { type: "tel", name: "number", autocomplete: "off", maxlength: "40" });
	const at = h("input", { type: "datetime-local", name: "at", step: "60", max: "9999-12-31T23:59" });
	const within = h("select", { name: "within" }, [["15", "15 minutes"], ["120", "2 hours"], ["720", "12 hours"]].map(([value, label]) => h("option", { value }, label)));
	const [numberField, atField] = [field("Number called", number, "With country code"), field("Time", at, `In ${zoneName()}`)];
	const results = h("div", { "aria-live": "polite" });
	return h("section.card", { "aria-labelledby": "one-call" }, h("h2", { id: "one-call" }, "Explain a call"), h("form.finder", { novalidate: true, onsubmit: find }, numberField, atField, field("Give or take", within), h("button.main", { type: "submit" }, "Find the call")), results);

	async function find(event) {
		event.preventDefault();
		numberField.fails(number.value.trim() ? null : "Enter the number that was called.");
		atField.fails(at.value ? null : "Enter the day and time of the call.");
		const first = event.target.querySelector("[aria-invalid]");
		if (first) {
			first.focus();
			return;
		}
		const look = () => ask("GET", apiPath(account.account_id, "calls"), { query: { number: number.value.trim(), at: inZone(at.value), within: within.value } });
		fill(results);
		try {
			await load(results, async () => look().catch((problem) => {
				if (!/^(number|at) /.test(problem.detail ?? "")) throw problem;
				const [box, input, label] = problem.detail.startsWith("number") ? [numberField, number, "Number"] : [atField, at, "Time"];
				box.fails(problem.detail.replace(/^\w+/, label));
				input.focus();
				return null;
			}), (found) => found && show(found), 2);
		} catch (problem) {
			fill(results, failure(problem));
		}
	}

	function show({ items, more }) {
		if (!items.length) return note("plain", "No call found around this time.", h("p", "Check the number, or search a longer time."));
		return [table(["Time", "Number", "Outcome", "#Price", ""], items.map((call) => [call.started_at ? moment(call.started_at) : "", h("span.whole", call.event?.to ?? ""), h("span", pill(wordsOf(call.outcome), OUTCOMES[call.outcome]), h("span.hint.block", call.sentence)), call.price === null ? "" : money(call.price), explain(account, call, call.event?.to)])),
			more ? note("wait", "More calls match.", h("p", "Enter a more exact time.")) : null];
	}
}

const explain = (account, { call_key: key, started_at: at }, to) => h("a", { href: accountPlace(account.account_id, { view: "call", call: key, ...(at && { at }) }), "aria-label": `Explain the call to ${to ?? key}` }, "Explain");

/** The instant of a local time in the account's zone. */
function inZone(local) {
	const wanted = Date.parse(`${local}Z`);
	let instant = wanted;
	for (let turn = 0; turn < 2; turn += 1) instant += wanted - Date.parse(`${wallClock(instant)}Z`);
	return new Date(instant).toISOString();
}

const wallClock = (instant) => new Intl.DateTimeFormat("sv-SE", { timeZone: zoneName(), dateStyle: "short", timeStyle: "medium" }).format(instant).replace(" ", "T");

function spending(account, range, usage) {
	if (!usage.categories.length) return h("div.card", note("plain", "No charged calls in this period.", h("p", `${words(range)}.`)));
	const places = Math.max(...usage.categories.map(({ total }) => placesOf(total)));
	const list = h("div");
	const open = (category) => growing(list, (cursor) => ask("GET", apiPath(account.account_id, "usage", category), { query: { from: range.from, to: range.to, cursor } }), (calls) => table(["Time", "Number", "Destination", "Duration", "User", "#Price", ""], calls.map((call) => [moment(call.started_at), h("span.whole", call.to), call.destination, duration(call.duration_seconds),
		call.user.name ?? call.user.id ?? "", h("span", money(call.price), call.corrected ? h("span.hint.block", "Corrected") : null, call.suspicious ? h("span.hint.block", "Suspicious") : null), explain(account, call, call.to)])), 6);
	const choose = h("select", { onchange: () => open(choose.value) }, usage.categories.map(({ category, label }) => h("option", { value: category }, label)));
	open(usage.categories[0].category);
	return [
		h("section.card", { "aria-labelledby": "spending" }, h("h2", { id: "spending" }, "Spending"), h("p.total", h("span.amount", money(usage.total)), h("span", words(range))),
			table(["Category", "#Calls", "#Minutes", "#Total"], usage.categories.map(({ label, calls, billed_seconds: seconds, total }) => [label, count(calls), minutes(seconds), money(total, { places })]), { isNamed: true })),
		h("section.card", { "aria-labelledby": "calls" }, h("div.card-head", h("h2", { id: "calls" }, "Calls"), usage.categories.length > 1 ? h("div.picker", field("Category", choose)) : null), list),
	];
}
