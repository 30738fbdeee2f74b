// Why a call was charged: one sentence, the facts behind it, and what can be done about it.
import { ask } from "../page/api.js";
import { OUTCOMES } from "./charges.js";
import { h, load, note } from "../page/dom.js";
import { count, duration, micros, moment, money } from "../page/format.js";
import { table } from "../page/list.js";
import { correct, goodwill, waive } from "./moves.js";
import { accountPlace, actButton, actions, apiPath, card, facts, pill, wordsOf, yesNo } from "./parts.js";
import { confirmCall } from "./settling.js";

export function explainView(account, query, renew) {
	const place = h("div.page");
	load(place, () => ask("GET", apiPath(account.account_id, "calls", query.get("call") ?? ""), { query: { at: query.get("at") } }), (call) => show(account, call, renew), 6);
	return [h("a.back", { href: accountPlace(account.account_id, { view: "calls" }) }, "Calls"), place];
}

function show(account, call, renew) {
	return [
		h("section.card.why-card", { "aria-labelledby": "why" }, h("div.card-head", h("h2", { id: "why" }, "What happened"), pill(wordsOf(call.outcome), OUTCOMES[call.outcome])), h("p.sentence", call.sentence), doubt(call), acts(account, call, renew)),
		h("div.grid", event(call), price(call), hold(call), entries(call)),
		history(call),
	];
}

function acts(account, call, renew) {
	if (!["charged", "waived"].includes(call.outcome)) return null;
	const given = (call.goodwill ?? []).length > 0;
	const left = call.goodwill_left ?? "0.00";
	const free = call.price === null || micros(call.price) <= 0n ? "The call costs nothing now." : null;
	return actions(
		actButton("Give goodwill", () => goodwill(account, call, renew), { looks: "main", why: given ? "Goodwill was given for this call already." : free ?? (micros(left) <= 0n ? "No goodwill is left for this call." : null) }),
		actButton("Correct the duration", () => correct(account, call, renew)),
		actButton("Waive the charge", () => waive(account, call, renew), { why: free }),
		call.suspicion?.can_confirm ? actButton("Confirm the call", () => confirmCall(account, call, renew)) : null);
}

function event({ event: one, started_at: at, call_id: id, call_key: key }) {
	const marks = [one?.suspicious ? "Suspicious duration" : null, one?.stray ? "Not authorized by the switch" : null, one?.number_erased ? "Number erased" : null].filter(Boolean).join(", ");
	return card("Call", facts(["Number", one?.to && h("span.digits", one.to)], ["Started", at && moment(at)], ["Duration", one?.duration_seconds == null ? null : duration(one.duration_seconds)], ["Line", one?.line_id && h("span.digits", one.line_id)], ["User", one?.user && (one.user.name ?? one.user.id)],
		["Recorded", one?.recorded_at && moment(one.recorded_at)], ["Note", marks], ["Call id", h("span.digits", id ?? key)], ["Call key", id && id !== key ? h("span.digits", key) : null]));
}

function price({ row, calculation, price: now }) {
	if (!row) return card("Price", h("p.hint", now === null ? "No price applies." : `${money(now)}`));
	const sum = calculation;
	return card("Price", facts(["Destination", `${row.destination} (${row.country})`], ["Row", `Prefix ${row.prefix}, origin ${row.origin === "*" ? "any" : row.origin}`], ["Rate deck", h("span.digits", row.deck)], ["Price list", row.price_list && h("span.digits", `${row.price_list}, ${row.list_version}`)], ["Rate of the deck", row.base_rate_per_minute && `${money(row.base_rate_per_minute)} per minute`], ["Fee of the deck", row.base_connection_fee && micros(row.base_connection_fee) > 0n ? money(row.base_connection_fee) : null], ["Markup", row.base_rate_per_minute && `${row.markup_percent} %`], ["Rate", `${money(row.rate_per_minute)} per minute`], ...(row.rate_steps ?? []).map((step) => [`After ${duration(step.from_second)}`, `${money(step.rate_per_minute)} per minute, increment ${count(step.increment_seconds)} s`]),
		["Connection fee", money(row.connection_fee)], ["Minimum", row.minimum_seconds === null ? null : `${count(row.minimum_seconds)} s`], ["Increment", row.increment_seconds === null ? null : `${count(row.increment_seconds)} s`],
		["Promised before the call", sum && yesNo(sum.promised)], ["Included minutes", sum?.covered_seconds ? `${duration(sum.covered_seconds)} (${sum.bundle})` : null], ["Billed", sum && duration(sum.billed_seconds)], ["Billed at each rate", sum?.billed_parts && sum.billed_parts.map((seconds) => `${count(seconds)} s`).join(", ")], ["Rounded to", sum && money(sum.rounded_to)], ["Price", sum && money(sum.price)], ["Check", sum && !sum.exact ? "These figures do not give the price exactly." : null], ["Price now", now !== null && now !== sum?.price ? money(now) : null, "result"]));
}

function hold({ hold: one, denials }) {
	if (!one && !denials?.length) return card("Authorization", h("p.hint", "The switch did not ask before this call, or the hold is no longer stored."));
	return card("Authorization", one ? facts(["State", wordsOf(one.status)], ["Held", money(one.amount)], ["Allowed", duration(one.max_seconds)], ["Authorized", moment(one.authorized_at)], ["Ended", one.ended_as && wordsOf(one.ended_as)], ["Limited by", one.limited_by && wordsOf(one.limited_by)]) : null,
		denials?.length ? h("ul.plain", denials.map(({ at, reason, message }) => h("li", `${moment(at)}: `, h("strong", wordsOf(reason)), message ? h("span.hint.block", message) : null))) : null);
}

function entries({ entries: all }) {
	return card("Entries", all?.length ? table(["Recorded", "Why", "Billed", "#Amount"], all.map(({ recorded_at: at, why, billed_seconds: seconds, amount, id }) => [moment(at), h("span", wordsOf(why), h("span.hint.block.digits", id)), seconds == null ? "" : duration(Math.abs(seconds)), money(amount, { signed: true })])) : h("p.hint", "No entry was posted."));
}

function doubt({ suspicion }) {
	if (!suspicion) return null;
	return note("wait", "The duration is hard to believe.", h("p", suspicion.counted_at ? `It counts toward automatic recharge since ${moment(suspicion.counted_at)}.` : "Until someone confirms it, or a day has passed, the call does not count toward automatic recharge."));
}

function history({ corrections, reratings, goodwill: given }) {
	const after = [...(corrections ?? []).map(({ at, by, reason, before, after: now }) => [at, "Corrected", `${duration(before.duration_seconds)} for ${money(before.price)} → ${duration(now.duration_seconds)} for ${money(now.price)}. ${reason}`, by]),
		...(reratings ?? []).map(({ at, run, before, after: now }) => [at, "Priced again", `${money(before)} → ${money(now)} in run ${run}`, ""]),
		...(given ?? []).map(({ at, given: amount, standing, reason, by }) => [at, "Goodwill", `${money(amount)}${standing === amount ? "" : `, of which ${money(standing)} stands`}. ${reason}`, by])].sort(([one], [other]) => (one < other ? -1 : 1));
	return after.length ? card("Changes", table(["Time", "What", "Details", "By"], after.map(([at, what, more, by]) => [moment(at), what, h("span.digits", more), h("span.digits", by?.name ?? by ?? "")]))) : null;
}
